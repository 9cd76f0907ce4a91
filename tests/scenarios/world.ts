/**
 * Where a scenario runs: a client, over a real connection of any kind, and the fixture, directly or behind bridges that
 * serve what they were given. Counts are read at the exporters themselves.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer, ReferenceCounts } from "peerwire";
import { type Server, connect, listen, serve } from "peerwire/node";
import { until } from "../runtime/references/at-rest.js";
import { FixtureImpl } from "./fixture-impl.js";
import type { Fixture } from "./fixture.js";
import { FixtureService, type FixtureStub } from "./generated/fixture.rpc.js";

export type Carrier = "tcp" | "unix" | "inproc";

/** One listener, and what connects to it. */
interface Hop {
  readonly near: Peer;
  readonly far: Peer;
  readonly server: Server;
}

export class World {
  readonly impl: FixtureImpl = new FixtureImpl();
  /** "out call", "in return": what the client's connection has carried. */
  readonly log: string[] = [];
  /** From the client to the fixture. */
  readonly hops: Hop[] = [];
  fixture!: FixtureStub;
  #folder: string | undefined;

  static async open(carrier: Carrier, bridges: number): Promise<World> {
    const world = new World();
    let served: Fixture = world.impl;
    for (let left = bridges; left >= 0; left--) {
      const at = world.#address(carrier, left);
      const server = await listen(at, { roots: [serve(FixtureService, served)] });
      const near = await connect(
        server.address,
        left === 0 ? { onInstruction: (direction, { kind }) => world.log.push(`${direction} ${kind}`) } : {},
      );
      served = world.fixture = await near.root(FixtureService);
      await until(() => server.peers.size === 1);
      world.hops.unshift({ near, far: [...server.peers][0]!, server });
    }
    return world;
  }

  get client(): Peer {
    return this.hops[0]!.near;
  }

  /** What the other side of the client's connection exports to it, as that side counts it. */
  get exported(): ReferenceCounts {
    return this.hops[0]!.far.references().exports;
  }

  /** What the fixture's own process exports, as it counts it. */
  get exportedAtOrigin(): ReferenceCounts {
    return this.hops.at(-1)!.far.references().exports;
  }

  /** What the client itself exports: callbacks and helpers. */
  get exportedByClient(): ReferenceCounts {
    return this.client.references().exports;
  }

  /** References and calls on all sides. */
  get held(): number {
    return this.hops
      .flatMap(({ near, far }) => [near, far])
      .reduce((sum, peer) => {
        const { exports, imports } = peer.references();
        const { incomingCalls, outgoingCalls } = peer.stats();
        return sum + exports.retains + imports.retains + incomingCalls + outgoingCalls;
      }, 0);
  }

  /** Until nothing is held anywhere; collects garbage on the way. */
  nothingHeld(): Promise<void> {
    return until(() => this.held === 0);
  }

  async close(): Promise<void> {
    this.impl.hold.open();
    for (const { near, server } of this.hops) {
      await near.close();
      await server.close();
    }
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  #address(carrier: Carrier, index: number): string {
    if (carrier === "tcp") return "tcp://127.0.0.1:0";
    if (carrier === "inproc") return "inproc:*";
    this.#folder ??= mkdtempSync(join(tmpdir(), "peerwire-scenarios-"));
    return `unix:${join(this.#folder, `${index}.sock`)}`;
  }
}
