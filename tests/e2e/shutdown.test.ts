/** S01: a process whose peers have said goodbye ends by itself: no timer, socket or listener is left. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type CompiledExample, compileExample } from "./compiled-example.js";

const PROGRAM = `
import { connect, listen, serve } from "./runtime/node.js";
import { VolumeService } from "./generated/examples/files/volume.rpc.js";

const [how, at] = process.argv.slice(2);
const slow = { root: () => new Promise((resolve) => setTimeout(resolve, 30, {})) };
const server = await listen(at, { roots: [serve(VolumeService, slow)] });
const peer = await connect(server.address);
const volume = await peer.root(VolumeService);
const running = volume.$with({ timeoutMs: 600_000 }).root().then(() => "done", (error) => error.code);
await peer.ping();
const report = how === "server" ? await server.close({ graceMs: 600_000 }) : await peer.drain(600_000);
if (how === "client") await server.close();
await peer.closed;
console.log(JSON.stringify([report.cut, await running, peer.status]));
`;

let example: CompiledExample;
beforeAll(async () => {
  example = await compileExample();
  await writeFile(join(example.folder, "dist", "shutdown.js"), PROGRAM);
});
afterAll(async () => {
  await example[Symbol.asyncDispose]();
});

describe("S01: after a drain with a long grace and a long deadline", () => {
  it.each([
    ["server", "tcp://127.0.0.1:0"],
    ["client", "tcp://127.0.0.1:0"],
    ["server", "inproc:shutdown"],
  ])("begun by the %s, over %s, the process ends by itself, and says nothing", async (how, at) => {
    const script = join(example.folder, "dist", "shutdown.js");
    const flags = ["--unhandled-rejections=strict", "--trace-warnings"];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, script, how, at], {
      timeout: 60_000, // of one that does not
    });
    expect([JSON.parse(stdout), stderr]).toEqual([[[], "done", "closed"], ""]);
  });
});
