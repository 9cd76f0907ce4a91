/** Two peers over memory, each serving a relay; how far a producer got is counted. */
import { type CallContext, Peer, type PeerOptions, type Transport, memoryTransportPair, serve } from "peerwire";
import { RelayService, type RelayStub } from "./generated/relay.rpc.js";
import type { Probe, Relay, Request } from "./relay.js";

export class ProbeImpl implements Probe {
  static live = 0;
  #touched = 0;
  constructor() {
    ProbeImpl.live++;
  }
  async touch(): Promise<number> {
    return ++this.#touched;
  }
  [Symbol.dispose](): void {
    ProbeImpl.live--;
  }
}

export class RelayImpl implements Relay {
  /** Items that were asked of a producer here. */
  produced = 0;
  /** Producers whose `finally` has run. */
  stopped = 0;
  readonly signals: AbortSignal[] = [];

  async sum(items: AsyncIterable<Uint8Array>): Promise<number> {
    let sum = 0;
    for await (const { length } of items) sum += length;
    return sum;
  }
  async *make(sizes: number[]): AsyncIterable<Uint8Array> {
    for (const size of sizes) yield new Uint8Array(size).fill(size % 256);
  }
  async *exchange(requests: AsyncIterable<Request>): AsyncIterable<Uint8Array> {
    for await (const { size } of requests) yield new Uint8Array(size);
  }
  pass(bytes: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    return bytes;
  }
  async *count(from: number, call?: CallContext): AsyncIterable<number> {
    this.signals.push(call!.signal);
    try {
      for (let i = from; ; i++) {
        this.produced++;
        yield i;
      }
    } finally {
      this.stopped++;
    }
  }
  async *probes(count: number): AsyncIterable<Probe> {
    try {
      for (let i = 0; i < count; i++) {
        this.produced++;
        yield new ProbeImpl();
      }
    } finally {
      this.stopped++;
    }
  }
  async touch(probes: AsyncIterable<Probe>): Promise<number> {
    let touched = 0;
    for await (const probe of probes) {
      touched += await probe.touch();
      (probe as Partial<Disposable>)[Symbol.dispose]?.();
    }
    return touched;
  }
}

export interface LinkedRelay {
  readonly client: Peer;
  readonly server: Peer;
  /** What the server serves, and its stub at the client. */
  readonly impl: RelayImpl;
  readonly relay: RelayStub;
  /** The other way round. */
  readonly clientImpl: RelayImpl;
  readonly clientRelay: RelayStub;
}

export async function linkRelay(
  client: PeerOptions = {},
  server: PeerOptions = {},
  [near, far]: readonly [Transport, Transport] = memoryTransportPair(),
): Promise<LinkedRelay> {
  const [impl, clientImpl] = [new RelayImpl(), new RelayImpl()];
  const [a, b] = await Promise.all([
    Peer.open(near, "client", { roots: [serve(RelayService, clientImpl)], ...client }),
    Peer.open(far, "server", { roots: [serve(RelayService, impl)], ...server }),
  ]);
  const [relay, clientRelay] = await Promise.all([a.root(RelayService), b.root(RelayService)]);
  return { client: a, server: b, impl, relay, clientImpl, clientRelay };
}
