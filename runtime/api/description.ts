/**
 * Serves what packages declare, and asks a peer for it: for tools that show or call what they have no source of. A root
 * like any other, so a program that neither serves nor asks carries nothing of it.
 * Source: schema/peerwire/v1/description.proto.
 */
import { CallError } from "../base/errors.js";
import type { Member, ServiceDescriptor } from "../references/service.js";
import { readPackages, writePackages } from "./description-codec.js";
import type { PackageDescription } from "./package-description.js";
import { type Root, serve } from "./root.js";
import { RemoteStub } from "./stub.js";

interface Described {
  describe(): Promise<readonly PackageDescription[]>;
}

const describeMember: Member<Described, [], readonly PackageDescription[]> = {
  number: 1,
  name: "describe",
  kind: "call",
  idempotent: true,
  parameters: [],
  result: "repeated PackageDescription",
  documentation: "Everything that the described packages declare.",
  writeArguments: () => undefined,
  readArguments: () => [],
  invoke: (target) => target.describe(),
  writeResult: writePackages,
  readResult: readPackages,
};

class DescribedStub extends RemoteStub implements Described {
  describe(): Promise<readonly PackageDescription[]> {
    return this.$call(describeMember, []);
  }
}

const DescriptionService: ServiceDescriptor<Described, DescribedStub> = {
  fullName: "peerwire.v1.DescriptionService",
  interfaceId: 0x6302425b,
  fingerprint: 1n,
  members: new Map([[1, describeMember]]),
  errors: [],
  createStub: (link) => new DescribedStub(link),
};

/**
 * Offers what `packages` declare to all peers of a connection or listener: one more of their roots.
 * @param packages  as emitted beside the code of each (`"description": true` in the config).
 */
export function serveDescription(...packages: readonly PackageDescription[]): Root {
  return serve(DescriptionService, { describe: async () => packages });
}

/** What has roots: a Peer, a ReconnectingPeer, a plugin of a hub. */
export interface Describable {
  root<T extends object, Stub extends T>(service: ServiceDescriptor<T, Stub>): Promise<Stub>;
}

/**
 * What the other side declares: every interface, member, parameter and type of the packages that it describes.
 * Rejects with a CallError NOT_FOUND where it describes none; RESOURCE_EXHAUSTED or INVALID_ARGUMENT where what it says is
 * larger than this side's limits (limits.maxMessageBytes, limits.maxElements), or is no description.
 */
export async function describe(peer: Describable): Promise<readonly PackageDescription[]> {
  let root;
  try {
    root = await peer.root(DescriptionService);
  } catch (error) {
    if (!(error instanceof CallError) || error.code !== "NOT_FOUND") throw error;
    throw new CallError(
      "NOT_FOUND",
      `${error.message}; a peer describes itself by serveDescription(...) among its roots`,
    );
  }
  return root.describe();
}
