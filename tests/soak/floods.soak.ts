/**
 * What a flood costs a server over a real socket, in resident memory: the peer is a process of its own that sends as fast as
 * it is let, and reads nothing. The session ends, and the next one is served.
 */
import { describe, expect, it } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { listenSocket } from "../../runtime/bytes/socket-listener.js";
import { dialSocket } from "../../runtime/bytes/socket-dialer.js";
import { FrameType } from "../../runtime/frames/header.js";
import { Session } from "../../runtime/streams/session.js";
import type { SessionEnd } from "../../runtime/streams/session-contract.js";
import type { SessionStream as Stream } from "../../runtime/streams/contract.js";
import { data, join, rawFrame, repeat, rst, syn } from "../support/frames.js";

const MiB = 1024 * 1024;
const MOST_BYTES = 64 * MiB;

/** Sends stdin's bytes once and what follows argv[2] bytes again and again, reading nothing, until it is cut off. */
const ATTACKER = `
  const { readFileSync } = require("node:fs");
  const [port, once] = process.argv.slice(1).map(Number);
  const bytes = readFileSync(0);
  const again = bytes.subarray(once);
  const socket = require("node:net").connect(port, "127.0.0.1");
  socket.on("error", () => undefined).on("close", () => process.exit());
  const go = () => { while (!socket.destroyed && socket.write(again)); };
  socket.on("drain", go).write(bytes.subarray(0, once));
  setTimeout(() => process.exit(7), 120_000).unref();
  go();
  socket.pause();`;

/** Sends back what comes, as a server does that minds what write() says. */
function echo(stream: Stream): void {
  let owed = 0;
  const giveBack = (): void => {
    stream.consume(owed);
    owed = 0;
  };
  stream.receive({
    onData: (chunk) => {
      owed += chunk.length;
      if (stream.write(chunk.slice())) giveBack();
    },
    onDrain: giveBack,
    onEnd: () => stream.end(),
    onClose: () => undefined,
  });
}

/** Writes without end to whoever opens a stream, as far as it is let. */
function pour(stream: Stream): void {
  const chunk = new Uint8Array(64 * 1024);
  const go = (): void => {
    while (stream.write(chunk));
  };
  stream.receive({ onData: () => undefined, onEnd: () => undefined, onDrain: go, onClose: () => undefined });
  go();
}

interface Flood {
  readonly name: string;
  readonly first: Uint8Array;
  readonly again: Uint8Array;
  readonly ends: RegExp;
  readonly serve?: (stream: Stream) => void;
}

const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => 2 * i + 1);
const grant = (id: number, bytes: number): Uint8Array => rawFrame(0, FrameType.windowUpdate, 0, id, bytes);
const none = new Uint8Array();
const FLOODS: readonly Flood[] = [
  { name: "pings, unread", first: none, again: repeat(rawFrame(0, FrameType.ping, 1, 0, 1), 5000), ends: /ping-flood/ },
  {
    name: "streams opened and reset",
    first: none,
    again: join(...ids(5000).map((id) => join(syn(id), rst(id)))),
    ends: /reset-flood/,
  },
  { name: "empty frames", first: syn(1), again: repeat(data(1), 5000), ends: /empty-flood/ },
  {
    name: "claims of 4 GiB",
    first: join(syn(1), rawFrame(0, FrameType.data, 0, 1, 0xffffffff)),
    again: new Uint8Array(MiB),
    ends: /frame-too-large/,
  },
  {
    name: "claims of 4 GiB for unknown streams",
    first: rawFrame(0, FrameType.data, 0, 9, 0xffffffff),
    again: new Uint8Array(MiB),
    ends: /frame-too-large/,
  },
  {
    name: "windows dribbled over 100 streams that have much to send",
    first: join(...ids(100).map((id) => syn(id))),
    again: join(...ids(100).map((id) => grant(id, 1))),
    ends: /empty-flood|write-timeout|slow-peer/,
    serve: pour,
  },
  {
    name: "data for 200 streams whose echo nobody reads",
    first: join(...ids(200).map((id) => syn(id))),
    again: join(...ids(200).map((id) => data(id, new Uint8Array(16 * 1024)))),
    ends: /window-exceeded|write-timeout/,
  },
];

describe("a peer that floods over a socket, and reads nothing,", () => {
  it.each(FLOODS)(
    "costs less than 64 MiB and one session: $name",
    async ({ first, again, ends, serve = echo }) => {
      let onEnd!: (end: SessionEnd) => void;
      const ended = new Promise<SessionEnd>((resolve) => (onEnd = resolve));
      const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, (transport) => {
        const session = new Session(transport, { role: "server", onStream: serve });
        void session.closed.then(onEnd); // of the first
      });
      const { port } = listener.address as { port: number };
      const before = residentBytes();
      let most = before;
      const watching = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);

      const attacker = spawn(process.execPath, ["-e", ATTACKER, String(port), String(first.length)], {
        stdio: ["pipe", "ignore", "inherit"],
      });
      const gone = once(attacker, "exit");
      attacker.stdin.end(join(first, again));
      const { local } = await ended;
      clearInterval(watching);
      expect(String((local as { code?: string } | undefined)?.code)).toMatch(ends);
      await gone;
      process.stdout.write(`    ${((most - before) / MiB).toFixed(1)} MiB\n`);
      expect(most - before).toBeLessThan(MOST_BYTES);

      const next = new Session(await dialSocket(listener.address), { role: "client" });
      expect(await next.ping()).toBeGreaterThanOrEqual(0);
      await next.close();
      await listener.close();
    },
    180_000,
  );
});

function residentBytes(): number {
  globalThis.gc!();
  return process.memoryUsage.rss();
}
