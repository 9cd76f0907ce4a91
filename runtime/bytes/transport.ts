/**
 * The contract of a carrier: an ordered, reliable pipe of bytes in both directions. Chunk boundaries mean nothing.
 * Knows nothing of frames. Implemented by the *-transport.ts beside it, and by anyone else; tests/transports asks all of
 * them the same questions. docs/transports.md is its page for users.
 */

/** What a carrier tells the session above it. After `onClose` nothing follows. */
export interface TransportReceiver {
  /** Bytes arrived. The view is valid only until this returns: the carrier may reuse its memory. */
  onData(chunk: Uint8Array): void;
  /** There is room again after `write` returned false. */
  onDrain(): void;
  /** The peer has ended its side; what it sent before has all been delivered. We may still write. */
  onEnd(): void;
  /** The carrier is gone, both ways. Called exactly once, at the latest after `destroy`, never from inside `start`. */
  onClose(error: Error | undefined): void;
}

export interface Transport {
  /** Where the other end is, for messages and stats: "tcp://127.0.0.1:4000". */
  readonly description: string;
  /** What the carrier can tell of the other end, for who must decide whether to trust it. */
  readonly remote?: RemoteEnd;
  /** Starts delivery to `receiver`. Called once. */
  start(receiver: TransportReceiver): void;
  /**
   * Sends bytes in order. Nobody changes `chunk` from here on, the carrier neither: it may be part of the application's.
   * @returns false where the carrier would rather have no more until `onDrain`. Everything is sent all the same.
   */
  write(chunk: Uint8Array): boolean;
  /** As `write` for each, in one go. Only for carriers to which fewer, larger writes matter. */
  writeAll?(chunks: readonly Uint8Array[]): boolean;
  /** Ends our side after everything written; the peer's side stays open. */
  end(): void;
  /** Drops the connection now. What was written may be lost. Harmless when repeated. */
  destroy(error?: Error): void;
}

/** In one write where the carrier can. @returns false where it would rather have no more for now. */
export function writeAll(transport: Transport, chunks: readonly Uint8Array[]): boolean {
  if (chunks.length === 1) return transport.write(chunks[0]!);
  if (transport.writeAll) return transport.writeAll(chunks);
  let hasRoom = true;
  for (const chunk of chunks) hasRoom = transport.write(chunk);
  return hasRoom;
}

/** The other end as the carrier sees it. What the other end says of itself is in its Hello. */
export interface RemoteEnd {
  /** tls, wss: the certificate that it showed. A server sees one only where it asked for it (`tls.requestCert`). */
  readonly certificate?: RemoteCertificate;
  /** ws, wss, at the server: headers of the opening request, names in lower case. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

export interface RemoteCertificate {
  /** Whether it was signed by an authority that this side trusts. Believe nothing of it otherwise. */
  readonly isTrusted: boolean;
  /** By short name: `subject.CN`. A name that occurs more than once is joined by ", ". */
  readonly subject: Readonly<Record<string, string>>;
  /** "DNS:plugin.example, IP Address:10.0.0.1". */
  readonly subjectAltName: string | undefined;
  /** SHA-256 of the certificate, in hexadecimal with colons. */
  readonly fingerprint256: string;
}

export interface DialOptions {
  /** Gives up dialling with the signal's reason. Has no effect on the connection once it is there. */
  signal?: AbortSignal;
  /** Gives up after so long, with the code ETIMEDOUT. By default the carrier decides. */
  timeoutMs?: number;
  /**
   * Told the transport as soon as it takes bytes, which leave once it is connected: only of tcp and unix sockets, which
   * show nothing that would have to be judged first. The connection may still fail; what `dial` says counts.
   */
  onDialling?: (transport: Transport) => void;
}

/** Takes each connection that a listener accepts. What it throws costs that connection only. */
export type OnTransport = (transport: Transport) => void;

/** Something that accepts connections. */
export interface Listener {
  /** Where it really listens, as `connect` takes it: port 0 has become a real port. */
  readonly address: string;
  /** Accepts nothing more. Connections that exist go on. Harmless when repeated. */
  close(): Promise<void>;
}
