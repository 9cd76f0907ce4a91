/**
 * Any Node stream that carries bytes both ways, as a transport: tcp, tls, unix sockets, stdio, a test's PassThrough pair.
 * Knows the ways in which Node streams end; does not dial or listen (socket-dialer.ts, socket-listener.ts).
 * Source: transport.ts; Node's documentation of stream.Duplex and net.Socket.
 */
import { Duplex, type Readable, type Writable } from "node:stream";
import { Socket } from "node:net";
import { formatHost } from "./address.js";
import type { SocketReads } from "./socket-reads.js";
import type { RemoteEnd, Transport, TransportReceiver } from "./transport.js";

/**
 * Takes `stream` over: it is read, written, ended and destroyed by the transport alone from here on.
 * @param reads  where the socket was made with them.
 * Give net sockets `allowHalfOpen: true`; otherwise Node ends our side as soon as the peer ends its own.
 */
export function socketTransport(
  stream: Duplex,
  description: string = describeSocket(stream),
  remote?: RemoteEnd,
  reads?: SocketReads,
): Transport {
  return new SocketTransport(stream, description, remote, reads);
}

/** Two one-way streams, such as process.stdin and process.stdout, as one transport. */
export function stdioTransport(readable: Readable, writable: Writable, description = "stdio"): Transport {
  return new SocketTransport(Duplex.from({ readable, writable }), description);
}

/**
 * A child process through its stdin and stdout, which must be pipes. Whoever started the process ends it; what it writes
 * to stderr is not touched.
 */
export function childProcessTransport(
  child: { readonly stdin: Writable | null; readonly stdout: Readable | null; readonly pid?: number | undefined },
  description = `child process ${child.pid ?? "that did not start"}`,
): Transport {
  const { stdin, stdout } = child;
  if (stdin && stdout) return stdioTransport(stdout, stdin, description);
  throw new TypeError(
    `the stdin and stdout of ${description} are no pipes; spawn it with stdio: ["pipe", "pipe", "inherit"]`,
  );
}

class SocketTransport implements Transport {
  readonly description: string;
  declare readonly remote?: RemoteEnd;
  readonly #stream: Duplex;
  readonly #reads: SocketReads | undefined;
  #receiver: TransportReceiver | undefined;
  #error: Error | undefined;
  #isOver = false; // the stream will say no more
  #isCloseTold = false;

  constructor(stream: Duplex, description: string, remote?: RemoteEnd, reads?: SocketReads) {
    this.#stream = stream;
    this.#reads = reads;
    this.description = description;
    if (remote) this.remote = remote;
    if (stream instanceof Socket) stream.setNoDelay(true);
    // From the first moment, also before start(): an error without listener would end the process.
    stream.on("error", (error) => {
      this.#error ??= error;
      if (!stream.destroyed) stream.destroy();
      setImmediate(() => this.#onOver()); // a stream without emitClose says nothing more
    });
    stream.on("close", () => this.#onOver());
    if (stream.destroyed) setImmediate(() => this.#onOver());
  }

  start(receiver: TransportReceiver): void {
    if (this.#receiver) throw new Error(`${this.description} was started already`);
    this.#receiver = receiver;
    const stream = this.#stream;
    if (this.#reads) {
      this.#reads.start(stream, (chunk) => {
        if (!this.#isCloseTold) receiver.onData(chunk);
      });
    } else {
      stream.on("data", (chunk: Uint8Array | string) => {
        if (this.#isCloseTold) return;
        receiver.onData(typeof chunk === "string" ? Buffer.from(chunk, stream.readableEncoding ?? "utf8") : chunk);
      });
    }
    stream.on("drain", () => {
      if (!this.#isCloseTold) receiver.onDrain();
    });
    stream.on("end", () => {
      if (!this.#isCloseTold) receiver.onEnd();
      this.#closeWhenBothEnded();
    });
    stream.on("finish", () => {
      this.#closeWhenBothEnded();
    });
    if (this.#isOver) setImmediate(() => this.#tellClose());
  }

  write(chunk: Uint8Array): boolean {
    if (!this.#stream.writable) return false; // ended or gone: onClose tells
    return this.#stream.write(chunk);
  }

  /** One writev. */
  writeAll(chunks: readonly Uint8Array[]): boolean {
    const stream = this.#stream;
    if (!stream.writable) return false;
    let hasRoom = true;
    stream.cork();
    for (const chunk of chunks) hasRoom = stream.write(chunk);
    stream.uncork();
    return hasRoom;
  }

  end(): void {
    if (this.#stream.writable) this.#stream.end();
    else this.#closeWhenBothEnded();
  }

  destroy(error?: Error): void {
    this.#error ??= error;
    this.#stream.destroy();
    setImmediate(() => this.#onOver());
  }

  /** Streams with autoDestroy do this by themselves; those without would stay for ever. */
  #closeWhenBothEnded(): void {
    if (this.#stream.readableEnded && this.#stream.writableFinished) this.#stream.destroy();
  }

  #onOver(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tellClose();
  }

  #tellClose(): void {
    if (this.#isCloseTold || !this.#receiver) return;
    this.#isCloseTold = true;
    this.#receiver.onClose(this.#error);
  }
}

function describeSocket(stream: Duplex): string {
  if (!(stream instanceof Socket)) return "stream";
  const { remoteAddress, remotePort } = stream;
  return remoteAddress === undefined ? "socket" : `tcp://${formatHost(remoteAddress)}:${remotePort ?? 0}`;
}
