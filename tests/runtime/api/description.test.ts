import { describe as group, expect, it } from "@jest/globals";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Peer, memoryTransportPair, serve } from "peerwire";
import { type PackageDescription, describe, serveDescription } from "peerwire/reflection";
import { DescribeResponseSchema } from "../../../generated/wire/peerwire/v1/description_pb.js";
import { DEFAULT_LIMITS, type Limits } from "../../../runtime/base/limits.js";
import { readPackages, writePackages } from "../../../runtime/api/description-codec.js";
import { ProtobufReader } from "../../../runtime/protobuf/reader.js";
import { ProtobufWriter } from "../../../runtime/protobuf/writer.js";
import { MixerService } from "../studio/generated/studio.rpc.js";
import { studioDescription } from "../studio/generated/studio.description.js";
import { MixerImpl } from "../studio/studio-impl.js";

async function between<T>(roots: Parameters<typeof Peer.open>[2], use: (client: Peer) => Promise<T>): Promise<T> {
  const [near, far] = memoryTransportPair();
  const [client, server] = await Promise.all([Peer.open(near, "client"), Peer.open(far, "server", roots)]);
  try {
    return await use(client);
  } finally {
    await Promise.all([client.close(), server.close()]);
  }
}

function written(packages: readonly PackageDescription[]): Uint8Array {
  const writer = new ProtobufWriter();
  writePackages(writer, packages);
  return writer.finish();
}

function read(bytes: Uint8Array, limits: Partial<Limits> = {}): PackageDescription[] {
  return readPackages(new ProtobufReader(bytes, { ...DEFAULT_LIMITS, ...limits }));
}

const FULL: PackageDescription = {
  name: "a.v1",
  interfaces: [
    {
      name: "B",
      type: "b",
      isFunction: true,
      documentation: "c",
      bases: ["d", "e"],
      snapshot: "f",
      errors: ["g"],
      members: [
        {
          number: 1,
          name: "h",
          kind: "construct",
          oneWay: true,
          idempotent: true,
          deprecated: true,
          parameters: [{ number: 1, name: "", type: "string" }],
          result: { number: 1, name: "", type: "stream X" },
          documentation: "i",
        },
      ],
    },
  ],
  types: [
    {
      name: "T",
      kind: "union",
      tag: "kind",
      documentation: "j",
      fields: [
        {
          number: 2,
          name: "__proto__",
          protoName: "proto",
          type: "map<timestamp, double>?|null",
          entry: "E",
          nullNumber: 3,
          emptyNumber: 4,
          rest: true,
          late: true,
          deprecated: true,
          when: ['"k"', '"l"'],
          demands: "minItems 1",
          documentation: "m",
        },
        { number: 0, name: "always", type: "1" },
      ],
    },
    { name: "Empty", kind: "object", fields: [] },
  ],
};

group("the description of a package", () => {
  it("is asked for over a connection, whole, beside the other roots", async () => {
    const roots = [serve(MixerService, new MixerImpl()), serveDescription(studioDescription, FULL)];
    await between({ roots }, async (client) => {
      expect(await describe(client)).toEqual([studioDescription, FULL]);
      expect(await (await client.root(MixerService)).volume).toBeGreaterThanOrEqual(0);
    });
  });

  it("is told by whoever is called with it in words, and by nobody else", async () => {
    await between({ roots: [serve(MixerService, new MixerImpl())] }, async (client) => {
      await expect(describe(client)).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: expect.stringMatching(
          /it serves "studio\.v1\.MixerService"; .*serveDescription\(\.\.\.\) among its roots$/,
        ),
      });
    });
  });

  it("is on the wire what schema/peerwire/v1/description.proto says, both ways", () => {
    const packages = [studioDescription, FULL];
    const bytes = written(packages);
    const message = fromBinary(DescribeResponseSchema, bytes);
    expect(JSON.stringify(message)).not.toContain("$unknown");
    const [{ types, interfaces }] = message.packages.slice(1) as [(typeof message.packages)[0]];
    expect(types[0]).toMatchObject({ name: "T", kind: "union", tag: "kind" });
    expect(types[0]!.fields[0]).toMatchObject({
      ...{ number: 2, name: "__proto__", protoName: "proto", entry: "E", nullNumber: 3, emptyNumber: 4 },
      ...{ rest: true, late: true, deprecated: true, when: ['"k"', '"l"'], demands: "minItems 1", documentation: "m" },
    });
    expect(interfaces[0]).toMatchObject({ isFunction: true, bases: ["d", "e"], snapshot: "f", errors: ["g"] });
    expect(interfaces[0]!.members[0]).toMatchObject({
      ...{
        number: 1,
        name: "h",
        kind: "construct",
        oneWay: true,
        idempotent: true,
        deprecated: true,
        documentation: "i",
      },
    });
    expect(read(toBinary(DescribeResponseSchema, message))).toEqual(packages);
  });

  it("is refused where it is none, with the place", () => {
    const odd = (kind: string): Uint8Array =>
      written([{ ...FULL, types: [{ name: "T", kind: kind as "object", fields: [] }] }]);
    expect(() => read(odd("explosion"))).toThrow(
      'packages[0].types[0].kind: expected one of object, tuple, union, enum, error, box, entry, got "explosion"',
    );
    expect(() => read(odd(""))).toThrow("packages[0].types[0].kind: expected one of");
    expect(() => read(Uint8Array.of(10, 5, 10, 1, 0xff, 0, 0))).toThrow("packages[0].name: expected UTF-8");
    expect(() => read(Uint8Array.of(10, 100))).toThrow("100 bytes announced, 0 are there");
  });

  it("is refused beyond the limits of any message", () => {
    const fields = Array.from({ length: 20 }, (_, i) => ({ number: i + 1, name: `f${i}`, type: "string" }));
    const bytes = written([{ name: "a", interfaces: [], types: [{ name: "T", kind: "object", fields }] }]);
    expect(read(bytes)[0]!.types[0]!.fields).toHaveLength(20);
    expect(() => read(bytes, { maxElements: 10 })).toThrow("limits.maxElements");
    expect(() => read(bytes, { maxNesting: 2 })).toThrow("limits.maxNesting");
  });

  it("may come from a newer peer: what is not known is passed over", () => {
    const newer = Uint8Array.of(10, 9, 10, 1, 97, 0xa2, 6, 1, 120, 24, 7, 18, 0);
    expect(read(newer)).toEqual([{ name: "a", interfaces: [], types: [] }]);
  });
});
