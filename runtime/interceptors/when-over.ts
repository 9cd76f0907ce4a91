/**
 * When a call is really over: a result that is a stream goes on after the call has been answered.
 */

/**
 * Tells `over`, once, when a call's result is over: at once, or where it is an AsyncIterable or a ReadableStream, when
 * that has ended, failed or been left early.
 * @param over  is given what the stream failed with; undefined otherwise.
 * @returns the result to hand on. A stream that nobody reads is never over.
 */
export function whenOver<R>(result: R, over: (error: unknown) => void): R {
  if (isReadable(result)) return watchedBytes(result, over) as R;
  if (isIterable(result)) return watchedItems(result, over) as R;
  over(undefined);
  return result;
}

/** Whether a value is a stream: of items, or of bytes. */
export function isStream(value: unknown): boolean {
  return isReadable(value) || isIterable(value);
}

function isReadable(value: unknown): value is ReadableStream<unknown> {
  return typeof (value as Partial<ReadableStream> | null | undefined)?.getReader === "function";
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof (value as Partial<AsyncIterable<unknown>> | null | undefined)?.[Symbol.asyncIterator] === "function";
}

/** No generator: one that is left before its first item runs none of its code. */
function watchedItems(items: AsyncIterable<unknown>, over: (error: unknown) => void): AsyncIterable<unknown> {
  let isOver = false;
  const end = (error: unknown): void => {
    if (!isOver) over(error);
    isOver = true;
  };
  const watched = async (step: Promise<IteratorResult<unknown>> | undefined, isLeft = false) => {
    try {
      const result = (await step) ?? { done: true as const, value: undefined };
      if (result.done === true || isLeft) end(undefined);
      return result;
    } catch (error) {
      end(error);
      throw error;
    }
  };
  return {
    [Symbol.asyncIterator]() {
      const iterator = items[Symbol.asyncIterator]();
      return { next: () => watched(iterator.next()), return: (value) => watched(iterator.return?.(value), true) };
    },
  };
}

function watchedBytes(bytes: ReadableStream<unknown>, over: (error: unknown) => void): ReadableStream<unknown> {
  const reader = bytes.getReader();
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            controller.enqueue(value);
            return;
          }
          controller.close();
          over(undefined);
        } catch (error) {
          over(error);
          throw error;
        }
      },
      async cancel(reason) {
        over(undefined);
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
