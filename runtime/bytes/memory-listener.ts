/**
 * In-process addresses: `inproc:NAME`. The names of one process are one namespace; they behave as ports do, so that a
 * program can be moved to tcp by changing its address: in use (EADDRINUSE), refused (ECONNREFUSED).
 */
import { memoryTransportPair } from "./memory-transport.js";
import type { Transport } from "./transport.js";

const listeners = new Map<string, (transport: Transport) => void>();

/** Takes connections to `inproc:name`. @throws with code EADDRINUSE. */
export function listenInProcess(name: string, onTransport: (transport: Transport) => void): { close(): void } {
  if (listeners.has(name))
    throw coded("EADDRINUSE", `inproc:${name} is in use in this process; close its listener first`);
  listeners.set(name, onTransport);
  return {
    close: () => {
      if (listeners.get(name) === onTransport) listeners.delete(name);
    },
  };
}

/** Connects to `inproc:name`. @throws with code ECONNREFUSED. */
export function dialInProcess(name: string): Transport {
  const onTransport = listeners.get(name);
  if (onTransport === undefined) throw coded("ECONNREFUSED", `nobody listens on inproc:${name} in this process`);
  const [near, far] = memoryTransportPair(`inproc:${name}`);
  onTransport(far);
  return near;
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
