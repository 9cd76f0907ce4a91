/** The same conversation over every carrier: in one process, with a worker, and with a child process. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { ClosedError, Peer, connect, listen, serve } from "peerwire/node";
import { openVolume } from "../../examples/files/disk-volume.js";
import { VolumeService } from "../../generated/examples/files/volume.rpc.js";
import { type CompiledExample, compileExample } from "../e2e/compiled-example.js";
import { ADDRESSED, PAIRS } from "./carriers.js";
import { TRANSCRIPT, hold, makeFolder, removeFolder } from "./transcript.js";

let folder: string;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => removeFolder(folder));

describe("the transcript over", () => {
  it.each(ADDRESSED)("$name", async ({ at, listenOptions, dialOptions }) => {
    const roots = [serve(VolumeService, await openVolume(folder))];
    await using server = await listen(at(), { roots, ...(listenOptions.tls && { tls: listenOptions.tls }) });
    await using peer = await connect(server.address, dialOptions.tls ? { tls: dialOptions.tls } : {});
    expect(await hold(peer, folder)).toEqual(TRANSCRIPT);
  });

  it.each(PAIRS.filter(({ name }) => !ADDRESSED.some((carrier) => carrier.name === name)))("$name", async (carrier) => {
    const [near, far] = await carrier.connect();
    const roots = [serve(VolumeService, await openVolume(folder))];
    const [peer, other] = await Promise.all([Peer.open(near, "client"), Peer.open(far, "server", { roots })]);
    expect(await hold(peer, folder)).toEqual(TRANSCRIPT);
    await peer.close();
    await other.closed;
  });
});

const SERVE = `
  import { accept, serve, stdioTransport } from "peerwire/node";
  import { openVolume } from "../dist/examples/files/disk-volume.js";
  import { VolumeService } from "../dist/generated/examples/files/volume.rpc.js";
  import { parentPort } from "node:worker_threads";
  const roots = [serve(VolumeService, await openVolume(process.argv[2]))];
  const peer = await accept(parentPort ?? stdioTransport(process.stdin, process.stdout), { roots });
  await peer.closed;`;

describe("a program of its own, as", () => {
  let example: CompiledExample;
  let script: string;
  beforeAll(async () => {
    example = await compileExample();
    await mkdir(join(example.folder, "programs"));
    script = join(example.folder, "programs", "serve.mjs");
    await writeFile(script, SERVE);
  });
  afterAll(async () => example[Symbol.asyncDispose]());

  const startWorker = (): Worker => new Worker(script, { argv: [folder] });
  const startChild = (): ChildProcess =>
    spawn(process.execPath, [script, folder], { stdio: ["pipe", "pipe", "inherit"] });

  /** A call that the other side has begun and does not end. */
  async function beginCall(peer: Peer): Promise<{ readonly failure: Promise<unknown> }> {
    const volume = await peer.root(VolumeService);
    const watch = await volume.watch(volume.root(), () => undefined);
    const failure = watch.next().catch((error: unknown) => error);
    await watch.count(); // calls on one object start in order: next() has begun
    return { failure };
  }

  it("a worker, holds the same conversation, and ends with it", async () => {
    const worker = startWorker();
    const peer = await connect(worker);
    expect(await hold(peer, folder)).toEqual(TRANSCRIPT);
    const exit = once(worker, "exit");
    await peer.close();
    expect(await exit).toEqual([0]);
  });

  it("a child process, holds the same conversation over its stdin and stdout, and ends with it", async () => {
    const child = startChild();
    const peer = await connect(child);
    expect(await hold(peer, folder)).toEqual(TRANSCRIPT);
    const exit = once(child, "exit");
    await peer.close();
    expect(await exit).toEqual([0, null]);
  });

  it("T09: a worker that is terminated fails the calls that wait", async () => {
    const worker = startWorker();
    const peer = await connect(worker);
    const { failure } = await beginCall(peer);
    await worker.terminate();
    expect(await failure).toMatchObject({ code: "transport-closed", dispatched: "maybe" });
    expect(await peer.closed).toMatchObject({ code: "transport-closed" });
  });

  it("T09: a worker that throws says what to peer.closed", async () => {
    const throwing = join(example.folder, "programs", "throw.mjs");
    await writeFile(throwing, `throw new Error("out of ideas");`);
    await expect(connect(new Worker(throwing))).rejects.toMatchObject({ cause: { message: expect.any(String) } });
  });

  it("T07: a child process that is killed fails the calls that wait", async () => {
    const child = startChild();
    const peer = await connect(child);
    const { failure } = await beginCall(peer);
    child.kill("SIGKILL");
    expect(await failure).toBeInstanceOf(ClosedError);
    await peer.closed;
  });

  it("refuses a child process without pipes", async () => {
    const child = spawn(process.execPath, ["-e", "0"], { stdio: "ignore" });
    await expect(connect(child)).rejects.toThrow(/stdio: \["pipe", "pipe", "inherit"\]/);
    await once(child, "exit");
  });
});
