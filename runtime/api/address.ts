/** Addresses as people write them: `tcp://HOST:PORT`, `unix:/PATH`, `inproc:NAME`. */

export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "inproc"; readonly name: string };

/** @throws {TypeError} saying what an address looks like. */
export function parseAddress(text: string): Address {
  const unix = /^unix:(?:\/\/(?=\/))?(.+)$/.exec(text)?.[1];
  if (unix !== undefined) return { kind: "unix", path: unix };
  const name = /^inproc:(.+)$/.exec(text)?.[1];
  if (name !== undefined) return { kind: "inproc", name };
  const [, host, port] = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[^:/[\]]+):(\d{1,5})\/?$/.exec(text) ?? [];
  if (host !== undefined && port !== undefined && Number(port) <= 65_535) {
    return { kind: "tcp", host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
  }
  throw new TypeError(`"${text}" is no address; write tcp://HOST:PORT, unix:/PATH or inproc:NAME`);
}
