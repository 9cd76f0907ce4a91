/** Addresses as people write them: what stands before the colon chooses the carrier. */

export type Address =
  | { readonly kind: "tcp" | "tls"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "ws" | "wss"; readonly host: string; readonly port: number; readonly path: string }
  | { readonly kind: "inproc"; readonly name: string };

const HOST_AND_PORT = /^(tcp|tls):\/\/(\[[0-9a-fA-F:.]+\]|[^:/[\]@?#]+):(\d{1,5})\/?$/;

/** @throws {TypeError} saying what an address looks like. */
export function parseAddress(text: string): Address {
  return parse(text) ?? refuse(text);
}

/** As `parseAddress` takes it. An IPv6 address stands in brackets before its port. */
export function formatAddress(address: Address): string {
  switch (address.kind) {
    case "unix":
      return `unix:${address.path}`;
    case "inproc":
      return `inproc:${address.name}`;
    case "tcp":
    case "tls":
      return `${address.kind}://${formatHost(address.host)}:${address.port}`;
    default:
      return `${address.kind}://${formatHost(address.host)}:${address.port}${address.path}`;
  }
}

export function formatHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function parse(text: string): Address | undefined {
  const unix = /^unix:(?:\/\/(?=\/))?(.+)$/.exec(text)?.[1];
  if (unix !== undefined) return { kind: "unix", path: unix };
  const name = /^inproc:(.+)$/.exec(text)?.[1];
  if (name !== undefined) return { kind: "inproc", name };
  if (/^wss?:\/\//.test(text)) return parseWebSocket(text);
  const [, kind, host, port] = HOST_AND_PORT.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { kind: kind as "tcp" | "tls", host: bare(host), port: Number(port) };
}

function parseWebSocket(text: string): Address | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, pathname, search, hash, username } = new URL(text);
  if (hash !== "" || username !== "") return undefined;
  const kind = protocol === "wss:" ? "wss" : "ws";
  const standard = kind === "wss" ? 443 : 80;
  return { kind, host: bare(hostname), port: port === "" ? standard : Number(port), path: pathname + search };
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

function refuse(text: string): never {
  throw new TypeError(
    `"${text}" is no address; write tcp://HOST:PORT, tls://HOST:PORT, unix:/PATH, ws://HOST:PORT/PATH, wss://HOST:PORT/PATH or inproc:NAME`,
  );
}
