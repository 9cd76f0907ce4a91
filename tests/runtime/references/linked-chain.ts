/** An origin, any number of bridges that serve its root under their own name, and a client: each hop a pair of peers. */
import { Peer, type PeerOptions, type ServiceDescriptor, memoryTransportPair, serve } from "peerwire";

/** One connection: `near` is closer to the client. */
export interface Hop {
  readonly near: Peer;
  readonly far: Peer;
}

export interface Chain<Stub> {
  /** From the client to the origin. */
  readonly hops: readonly Hop[];
  /** The origin's root, as the client has it. */
  readonly root: Stub;
  close(): Promise<void>;
}

/** @param bridges  how many stand between client and origin. @param options  of the client's peer. */
export async function linkChain<T extends object, Stub extends T>(
  service: ServiceDescriptor<T, Stub>,
  origin: T,
  bridges: number,
  options: PeerOptions = {},
): Promise<Chain<Stub>> {
  const hops: Hop[] = [];
  let served: T = origin;
  let root!: Stub;
  for (let i = bridges; i >= 0; i--) {
    const [left, right] = memoryTransportPair();
    const [near, far] = await Promise.all([
      Peer.open(left, "client", i === 0 ? options : {}),
      Peer.open(right, "server", { roots: [serve(service, served)] }),
    ]);
    hops.unshift({ near, far });
    served = root = await near.root(service);
  }
  return {
    hops,
    root,
    close: async () => {
      for (const { near, far } of hops) await Promise.all([near.close(), far.close()]);
    },
  };
}

/** What all peers of a chain hold of each other, in objects and calls. */
export function heldBy(hops: readonly Hop[]): number {
  let sum = 0;
  for (const peer of hops.flatMap(({ near, far }) => [near, far])) {
    const { exports, imports } = peer.references();
    const { incomingCalls, outgoingCalls } = peer.stats();
    sum += exports.retains + imports.retains + incomingCalls + outgoingCalls;
  }
  return sum;
}
