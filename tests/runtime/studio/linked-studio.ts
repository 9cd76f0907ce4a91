/** Two peers over memory; the server serves a mixer. Counts the calls that the client sends. */
import { Peer, type PeerOptions, memoryTransportPair, serve } from "peerwire";
import { MixerService, type MixerStub, RackService, type RackStub } from "./generated/studio.rpc.js";
import { MixerImpl, RackImpl } from "./studio-impl.js";

export interface LinkedStudio {
  readonly client: Peer;
  readonly server: Peer;
  readonly impl: MixerImpl;
  readonly mixer: MixerStub;
  readonly rackImpl: RackImpl;
  readonly rack: RackStub;
  /** Instructions that the client has sent, by kind. */
  readonly sent: Record<string, number>;
}

export async function linkStudio(options: PeerOptions = {}): Promise<LinkedStudio> {
  const [near, far] = memoryTransportPair();
  const impl = new MixerImpl();
  const rackImpl = new RackImpl();
  const sent: Record<string, number> = {};
  const [client, server] = await Promise.all([
    Peer.open(near, "client", {
      onInstruction: (direction, { kind }) => {
        if (direction === "out") sent[kind] = (sent[kind] ?? 0) + 1;
      },
      ...options,
    }),
    Peer.open(far, "server", { roots: [serve(MixerService, impl), serve(RackService, rackImpl)] }),
  ]);
  const [mixer, rack] = await Promise.all([client.root(MixerService), client.root(RackService)]);
  return { client, server, impl, mixer, rackImpl, rack, sent };
}
