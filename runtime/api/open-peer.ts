/** From a transport, or the dialling of one, to a peer that is ready: one signal and one time limit for all of it. */
import { resolveLimits } from "../base/limits.js";
import type { DialOptions, Transport } from "../bytes/transport.js";
import { type Dialled, HANDSHAKE_LEFT, Peer, type PeerOptions } from "./peer.js";

export interface OpenOptions extends PeerOptions {
  /** Gives up connecting, with the signal's reason; has no effect on the connection once it is there. */
  signal?: AbortSignal;
}

/**
 * Dials, and shakes hands, within limits.handshakeTimeoutMs together.
 * Rejects as `dial` does, as `Peer.open` does, or with the signal's reason.
 */
export async function dialPeer(
  dial: (options: DialOptions) => Promise<Transport>,
  options: OpenOptions,
): Promise<Peer> {
  const limits = resolveLimits(options.limits);
  const { handshakeTimeoutMs } = limits;
  const { signal } = options;
  const started = performance.now();
  // The peer is built while the carrier connects, and its Hello leaves with the first packet.
  let opening = undefined as Promise<Peer> | undefined;
  const onDialling = (transport: Transport): void => {
    opening = openPeer(transport, "client", { ...options, limits });
    opening.catch(() => undefined); // where dialling failed, that is the reason
  };
  const transport = await dial({ timeoutMs: handshakeTimeoutMs, onDialling, ...(signal && { signal }) });
  if (opening !== undefined) return opening;
  const left = Math.max(1, Math.ceil(handshakeTimeoutMs - (performance.now() - started)));
  return openPeer(transport, "client", { ...options, limits, [HANDSHAKE_LEFT]: left });
}

/** As `Peer.open`, until `signal` says that nobody waits any more. */
export async function openPeer(
  transport: Transport,
  role: "client" | "server",
  options: OpenOptions & Dialled,
): Promise<Peer> {
  const { signal } = options;
  if (!signal) return Peer.open(transport, role, options);
  const onAbort = (): void => transport.destroy(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Peer.open(transport, role, options);
  } catch (error) {
    transport.destroy();
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
