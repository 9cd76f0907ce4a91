/** Two peers over memory, each serving a bank of its own. */
import { Peer, type PeerOptions, memoryTransportPair, serve } from "peerwire";
import { BankImpl } from "./bank-impl.js";
import { BankService, type BankStub } from "./bank.rpc.js";

export interface LinkedBank {
  readonly client: Peer;
  readonly server: Peer;
  /** What the server serves, and its stub at the client. */
  readonly impl: BankImpl;
  readonly bank: BankStub;
  /** What the client serves. */
  readonly clientImpl: BankImpl;
}

export async function linkBank(clientOptions: PeerOptions = {}, serverOptions: PeerOptions = {}): Promise<LinkedBank> {
  const [near, far] = memoryTransportPair();
  const impl = new BankImpl();
  const clientImpl = new BankImpl();
  const [client, server] = await Promise.all([
    Peer.open(near, "client", { roots: [serve(BankService, clientImpl)], ...clientOptions }),
    Peer.open(far, "server", { roots: [serve(BankService, impl)], ...serverOptions }),
  ]);
  return { client, server, impl, clientImpl, bank: await client.root(BankService) };
}

/** Turns of the event loop until `condition` holds; fails after 60 s. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("the condition did not come true within 60 s");
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
