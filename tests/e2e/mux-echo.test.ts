/** `npm run mux-echo`, as a user runs it: what it prints, and that whatever goes wrong is one line and exit code 1, soon. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { ack, data, fin, goAway, join, rst } from "../support/frames.js";
import { type CompiledExample, compileExample } from "./compiled-example.js";

// Starting a process takes a moment on a busy machine; a client that does not notice what went wrong takes 40 s at least.
jest.setTimeout(30_000);

let example: CompiledExample;
beforeAll(async () => {
  example = await compileExample();
}, 120_000);
afterAll(async () => example[Symbol.asyncDispose]());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

function start(...words: (string | number)[]): { child: ChildProcess; ended: Promise<Result> } {
  const child = spawn(process.execPath, [example.script("../mux-echo/main.js"), ...words.map(String)], {
    stdio: "pipe",
  });
  cleanups.push(() => child.kill("SIGKILL"));
  const finish = async (): Promise<Result> => {
    const exit = once(child, "exit") as Promise<[number | null]>;
    const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    return { code, out, errors };
  };
  return { child, ended: finish() };
}
const run = (...words: (string | number)[]): Promise<Result> => start(...words).ended;

async function startServer(): Promise<{ port: number; child: ChildProcess }> {
  const { child } = start("server", "--port", 0);
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  return { port: Number(/^listening (\d+)\n$/.exec(String(line))![1]), child };
}

/** A server that does `what` with each connection's first bytes. */
async function badServer(what: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined).once("data", () => what(socket));
    cleanups.push(() => socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  return (server.address() as { port: number }).port;
}

const ONE_LINE = /^[^\n]+\n$/;
const pattern = Uint8Array.from({ length: 10 }, (_, i) => 31 + i); // what the client sends on stream 1

describe("mux-echo", () => {
  it("echoes N streams of SIZE bytes, none and none among them", async () => {
    const { port } = await startServer();
    for (const [streams, bytes] of [
      [1, 1],
      [100, 300_000],
      [5000, 10],
      [10, 0],
      [0, 100],
    ] as const) {
      expect(await run("client", port, streams, bytes)).toEqual({ code: 0, out: `ok ${streams}\n`, errors: "" });
    }
  });

  it.each<[string, (socket: Socket) => void]>([
    ["another byte", (socket) => socket.write(join(ack(1), data(1, "\x1f\x21")))],
    ["more bytes", (socket) => socket.write(join(ack(1), data(1, pattern), data(1, "x"), fin(1)))],
    ["fewer bytes", (socket) => socket.write(join(ack(1), data(1, pattern.subarray(1)), fin(1)))],
    ["a reset", (socket) => socket.write(rst(1))],
    ["GoAway(1)", (socket) => socket.write(goAway(1))],
    ["GoAway(0) and the end", (socket) => socket.end(goAway(0))],
    ["the end", (socket) => socket.end()],
    ["a lost connection", (socket) => socket.resetAndDestroy()],
    ["HTTP", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ])("says on one line that %s came back, and exits with 1 at once", async (_what, answer) => {
    const result = await run("client", await badServer(answer), 1, 10);
    expect(result).toEqual({ code: 1, out: "", errors: expect.stringMatching(ONE_LINE) });
  });

  it("the same where the server is killed half way", async () => {
    const { port, child } = await startServer();
    const client = start("client", port, 16, 1e9);
    await new Promise((resolve) => setTimeout(resolve, 500)); // somewhere in the middle of 16 GB
    child.kill("SIGKILL");
    expect(await client.ended).toEqual({ code: 1, out: "", errors: expect.stringMatching(ONE_LINE) });
  });

  it.each([
    [["client", 1, 1, 1], "ECONNREFUSED"],
    [["client", "abc", 1, 1], '"abc" is not a number'],
    [["client", 65_536, 1, 1], "from 0 to 65535"],
    [["client", 1, 1e9, 1], "from 0 to 1000000"],
    [["client", 1, -1, 1], '"-1"'],
    [["client", 1, 1, 1.5], '"1.5"'],
    [["client", 1], "usage: "],
    [["server", "--port", 70_000], "from 0 to 65535"],
    [[], "usage: "],
  ])("refuses %j on one line", async (words, why) => {
    const { code, out, errors } = await run(...words);
    expect([code, out, errors]).toEqual([1, "", expect.stringMatching(ONE_LINE)]);
    expect(errors).toContain(why);
  });
});
