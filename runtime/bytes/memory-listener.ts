/**
 * In-process addresses: `inproc:NAME`. They behave as ports do, so that a program can be moved to tcp by changing its
 * address: in use (EADDRINUSE), refused (ECONNREFUSED), and `inproc:*` takes a name that is free. All names of a process
 * are one namespace; programs in it that must not meet write their own before the name (`inproc:billing/api`).
 */
import { attempt } from "./attempt.js";
import { memoryTransportPair } from "./memory-transport.js";
import type { DialOptions, Listener, OnTransport, Transport } from "./transport.js";

const listeners = new Map<string, OnTransport>();
let lastFree = 0;

/** Takes connections to `inproc:name`. @throws with code EADDRINUSE. */
export function listenInProcess(name: string, onTransport: OnTransport): Listener {
  const own = name === "*" ? freeName() : name;
  if (listeners.has(own)) {
    throw coded("EADDRINUSE", `inproc:${own} is in use in this process; close its listener first`);
  }
  listeners.set(own, onTransport);
  return {
    address: `inproc:${own}`,
    close: async () => {
      if (listeners.get(own) === onTransport) listeners.delete(own);
    },
  };
}

/** Connects to `inproc:name`. Rejects with code ECONNREFUSED, or with the signal's reason. */
export function dialInProcess(name: string, options: DialOptions = {}): Promise<Transport> {
  return attempt(`inproc:${name}`, options, ({ succeed, fail }) => {
    const onTransport = listeners.get(name);
    if (onTransport === undefined) {
      fail(coded("ECONNREFUSED", `nobody listens on inproc:${name} in this process`));
      return () => undefined;
    }
    const [near, far] = memoryTransportPair(`inproc:${name}`);
    try {
      onTransport(far);
    } catch {
      far.destroy();
    }
    succeed(near);
    return () => near.destroy();
  });
}

function freeName(): string {
  while (listeners.has(String(++lastFree)));
  return String(lastFree);
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
