/** Peers over memory, the last of them serving a ledger; what each connection carries is written down. */
import { type Interceptor, Peer, type PeerOptions, memoryTransportPair, serve } from "peerwire";
import { LedgerService, type LedgerStub } from "./generated/ledger.rpc.js";
import { LedgerImpl } from "./ledger-impl.js";
import type { Ledger } from "./ledger.js";

export interface LinkedLedger {
  readonly peers: readonly Peer[];
  readonly client: Peer;
  readonly server: Peer;
  readonly impl: LedgerImpl;
  readonly ledger: LedgerStub;
  /** Kinds of instructions that the client saw, in order. */
  readonly seen: string[];
  close(): Promise<void>;
}

export interface LedgerOptions {
  readonly impl?: LedgerImpl;
  /** How many peers pass the ledger on, between client and server. */
  readonly bridges?: number;
  readonly client?: PeerOptions;
  readonly server?: PeerOptions;
}

export async function linkLedger(options: LedgerOptions = {}): Promise<LinkedLedger> {
  const { impl = new LedgerImpl(), bridges = 0, client = {}, server = {} } = options;
  const seen: string[] = [];
  const onInstruction: PeerOptions["onInstruction"] = (direction, { kind }) => seen.push(`${direction} ${kind}`);
  const peers: Peer[] = [];
  let served: Ledger = impl;
  let ledger!: LedgerStub;
  for (let i = bridges; i >= 0; i--) {
    const [near, far] = memoryTransportPair();
    const [left, right] = await Promise.all([
      Peer.open(near, "client", i === 0 ? { onInstruction, ...client } : {}),
      Peer.open(far, "server", { roots: [serve(LedgerService, served)], ...(i === bridges && server) }),
    ]);
    peers.unshift(left, right);
    served = ledger = await left.root(LedgerService);
  }
  const close = async (): Promise<void> => {
    for (const peer of peers) await peer.close();
  };
  return { peers, client: peers[0]!, server: peers.at(-1)!, impl, ledger, seen, close };
}

/** Writes down each call that a peer serves. */
export function recordCalls(into: string[]): Interceptor {
  return (call, next) => {
    into.push(call.member.name);
    return next();
  };
}
