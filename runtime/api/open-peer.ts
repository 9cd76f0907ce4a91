/** From a transport, or the dialling of one, to a peer that is ready: one signal and one time limit for all of it. */
import { resolveLimits } from "../base/limits.js";
import type { DialOptions, Transport } from "../bytes/transport.js";
import { Peer, type PeerOptions } from "./peer.js";

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
  const { handshakeTimeoutMs } = resolveLimits(options.limits);
  const { signal } = options;
  const started = performance.now();
  const transport = await dial({ timeoutMs: handshakeTimeoutMs, ...(signal && { signal }) });
  const left = Math.max(1, Math.ceil(handshakeTimeoutMs - (performance.now() - started)));
  return openPeer(transport, "client", { ...options, limits: { ...options.limits, handshakeTimeoutMs: left } });
}

/** As `Peer.open`, until `signal` says that nobody waits any more. */
export async function openPeer(transport: Transport, role: "client" | "server", options: OpenOptions): Promise<Peer> {
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
