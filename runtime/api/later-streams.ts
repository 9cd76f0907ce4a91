/** Streams that a call gives, from the moment when the call is made: using one waits for the answer. */

/** An iterable that is still on its way. Its call has been issued; iterating waits for the answer. */
export function iterateLater<T>(result: Promise<AsyncIterable<T>>): AsyncIterable<T> {
  const iterator = result.then((iterable) => iterable[Symbol.asyncIterator]());
  let known: AsyncIterator<T> | undefined;
  iterator.then(
    (arrived) => (known = arrived),
    () => undefined, // told to whoever iterates
  );
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => (known === undefined ? iterator.then((arrived) => arrived.next()) : known.next()),
      return: async () => (await iterator).return?.() ?? { done: true, value: undefined },
    }),
  };
}

/** A byte stream that is still on its way. */
export function readLater(result: Promise<ReadableStream<Uint8Array>>): ReadableStream<Uint8Array> {
  const reader = result.then((stream) => stream.getReader());
  reader.catch(() => undefined); // told to whoever reads
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await (await reader).read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        await (await reader).cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
