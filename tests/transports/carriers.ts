/** All carriers, for tests that ask each of them the same questions. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex, PassThrough } from "node:stream";
import { MessageChannel } from "node:worker_threads";
import {
  type CarrierDialOptions,
  type CarrierListenOptions,
  type Transport,
  dialTransport,
  listenTransport,
  messagePortTransport,
  socketTransport,
  stdioTransport,
  webStreamTransport,
} from "peerwire/node";
import { authority, certificate } from "../support/certificates.js";

/** A carrier with addresses. */
export interface AddressedCarrier {
  readonly name: string;
  /** A free address, another one each time. */
  readonly at: () => string;
  /** Where surely nobody listens, and the code that dialling it gets. */
  readonly nowhere: () => string;
  readonly refusal: string;
  readonly dialOptions: CarrierDialOptions;
  readonly listenOptions: CarrierListenOptions;
}

const folder = mkdtempSync(join(tmpdir(), "peerwire-transports-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
let sockets = 0;

const secure = {
  dialOptions: { tls: { ca: authority } },
  listenOptions: { tls: certificate("server") },
};
const plain = { dialOptions: {}, listenOptions: {} };

export const ADDRESSED: readonly AddressedCarrier[] = [
  { name: "inproc", at: () => "inproc:*", nowhere: () => "inproc:nobody", refusal: "ECONNREFUSED", ...plain },
  {
    name: "unix",
    at: () => `unix:${join(folder, `${++sockets}.sock`)}`,
    nowhere: () => `unix:${join(folder, "nobody.sock")}`,
    refusal: "ENOENT",
    ...plain,
  },
  ...(["tcp", "tls", "ws", "wss"] as const).map((name) => ({
    name,
    at: () => `${name}://127.0.0.1:0${name.startsWith("ws") ? "/rpc" : ""}`,
    nowhere: () => `${name}://127.0.0.1:1${name.startsWith("ws") ? "/rpc" : ""}`,
    refusal: "ECONNREFUSED",
    ...(name.endsWith("s") && name !== "ws" ? secure : plain),
  })),
];

/** Two ends that are connected. */
export type Pair = readonly [near: Transport, far: Transport];

export async function addressedPair(carrier: AddressedCarrier): Promise<Pair> {
  let onAccepted!: (transport: Transport) => void;
  const accepted = new Promise<Transport>((resolve) => (onAccepted = resolve));
  const listener = await listenTransport(carrier.at(), (transport) => onAccepted(transport), carrier.listenOptions);
  const near = await dialTransport(listener.address, carrier.dialOptions);
  const far = await accepted;
  await listener.close();
  return [near, far];
}

export const PAIRS: readonly { readonly name: string; readonly connect: () => Promise<Pair> }[] = [
  ...ADDRESSED.map((carrier) => ({ name: carrier.name, connect: () => addressedPair(carrier) })),
  { name: "message port", connect: async () => portPair() },
  { name: "web streams", connect: async () => webStreamPair() },
  { name: "duplex", connect: async () => duplexPair() },
  { name: "stdio", connect: async () => stdioPair() },
];

function portPair(): Pair {
  const { port1, port2 } = new MessageChannel();
  return [messagePortTransport(port1), messagePortTransport(port2)];
}

function webStreamPair(): Pair {
  const [there, back] = [new TransformStream<Uint8Array>(), new TransformStream<Uint8Array>()];
  return [
    webStreamTransport({ readable: back.readable, writable: there.writable }),
    webStreamTransport({ readable: there.readable, writable: back.writable }),
  ];
}

function duplexPair(): Pair {
  const [there, back] = [new PassThrough(), new PassThrough()];
  return [
    socketTransport(Duplex.from({ readable: back, writable: there })),
    socketTransport(Duplex.from({ readable: there, writable: back })),
  ];
}

function stdioPair(): Pair {
  const [there, back] = [new PassThrough(), new PassThrough()];
  return [stdioTransport(back, there), stdioTransport(there, back)];
}
