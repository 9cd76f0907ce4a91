/**
 * Streams that go out: pulls an async iterable or a ReadableStream as fast as the receiver consumes, and lets go of it
 * when the receiver wants no more.
 */
import { errorFrom } from "../base/errors.js";
import { type DeclaredErrors, errorToWire } from "../calls/error-codec.js";
import type { PayloadSender } from "../messages/stream-pool.js";
import type { OutgoingStreams, ReferenceContext } from "./reference-context.js";
import { encodeMessage } from "./encode-message.js";
import type { StreamDescriptor } from "./service.js";

/** Bytes are cut to this size, so that a paused reader holds back the producer piece by piece. */
const CHUNK_BYTES = 32 * 1024;

/** A source that is pulled: the next piece, or undefined at its end; and how to let go of it. */
interface Source<T> {
  next(): Promise<T | undefined>;
  stop(reason: Error): Promise<unknown>;
}

/** The streams of one session. */
export function outgoingStreams(context: () => ReferenceContext): OutgoingStreams {
  return {
    items: (payloadId, descriptor, source, declared) => {
      sendItems(context(), payloadId, descriptor, source, declared);
    },
    bytes: (payloadId, source, declared) => {
      sendBytes(context(), payloadId, source, declared);
    },
  };
}

function sendItems<T>(
  context: ReferenceContext,
  payloadId: number,
  items: StreamDescriptor<T>,
  iterable: AsyncIterable<T>,
  declared: DeclaredErrors,
): void {
  const open = (): Source<{ item: T }> => {
    const iterator = iterable[Symbol.asyncIterator]();
    return {
      next: async () => {
        const result = await iterator.next();
        return result.done === true ? undefined : { item: result.value };
      },
      stop: async () => iterator.return?.(),
    };
  };
  send(context, payloadId, open, declared, (sender, { item }) => {
    const message = encodeMessage(context, declared, (writer) => {
      items.write(writer, item);
    });
    const { references } = message.scope;
    if (references.length > 0) context.messages.send({ kind: "itemReferences", payloadId, references });
    const room = sender.write(message.finish(), references.length > 0);
    message.scope.commit();
    return room;
  });
}

function sendBytes(
  context: ReferenceContext,
  payloadId: number,
  stream: ReadableStream<Uint8Array>,
  declared: DeclaredErrors,
): void {
  const open = (): Source<Uint8Array> => {
    const reader = stream.getReader();
    return {
      next: async () => {
        const { done, value } = await reader.read();
        return done ? undefined : value;
      },
      stop: (reason) => reader.cancel(reason),
    };
  };
  send(context, payloadId, open, declared, (sender, bytes) => {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("a byte stream may only hold Uint8Array chunks");
    let room = true;
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
      room = sender.write(bytes.subarray(at, at + CHUNK_BYTES), false);
    return room;
  });
}

function send<T>(
  context: ReferenceContext,
  payloadId: number,
  open: () => Source<T>,
  declared: DeclaredErrors,
  write: (sender: PayloadSender, piece: T) => boolean,
): void {
  const source = openOrFail(open);
  context.messages.outgoingPayloads.begin(payloadId, (sender) => {
    const stop = (reason: Error): void => {
      source.stop(reason).catch(() => undefined); // the producer's own trouble while it is let go of
    };
    if (sender instanceof Error) {
      stop(sender);
      return;
    }
    sender.onCancel = stop;
    sender.announce();
    void pump(sender, source, write, declared, stop);
  });
}

/** A source that cannot be opened, such as a locked ReadableStream, fails as if it had at its first piece. */
function openOrFail<T>(open: () => Source<T>): Source<T> {
  try {
    return open();
  } catch (error) {
    return { next: () => Promise.reject(errorFrom(error)), stop: async () => undefined };
  }
}

/** Never rejects: whatever goes wrong is told to the receiver. */
async function pump<T>(
  sender: PayloadSender,
  source: Source<T>,
  write: (sender: PayloadSender, piece: T) => boolean,
  declared: DeclaredErrors,
  stop: (reason: Error) => void,
): Promise<void> {
  try {
    for (;;) {
      const piece = await source.next();
      if (sender.isCancelled()) return;
      if (piece === undefined) {
        sender.end(undefined);
        return;
      }
      if (!write(sender, piece)) await sender.room();
      if (sender.isCancelled()) return;
    }
  } catch (error) {
    if (sender.isCancelled()) return;
    sender.end(errorToWire(error, declared));
    stop(errorFrom(error));
  }
}
