import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ClosedError } from "peerwire";
import { connect } from "peerwire/node";
import { VolumeService } from "../../generated/examples/files/volume.rpc.js";
import { type CompiledExample, compileExample } from "./compiled-example.js";

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; out: string; errors: string }>;
}

let example: CompiledExample;
let folder: string;
/** Where the processes make their temporary folders. */
let temporary: string;
const runs: Run[] = [];
beforeAll(async () => {
  example = await compileExample();
  folder = await mkdtemp(join(tmpdir(), "peerwire-processes-"));
  await writeFile(join(folder, "file.txt"), "served");
  temporary = await mkdtemp(join(tmpdir(), "peerwire-temporary-"));
});
afterEach(async () => {
  for (const { child, ended } of runs.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
});
afterAll(async () => {
  await example[Symbol.asyncDispose]();
  for (const made of [folder, temporary]) await rm(made, { recursive: true, force: true });
});

function run(script: string, ...words: string[]): Run {
  const env = { ...process.env, TMPDIR: temporary };
  const child = spawn(process.execPath, [example.script(script), ...words], { stdio: "pipe", env });
  const finish = async (): ReturnType<() => Run["ended"]> => {
    const exit = once(child, "exit") as Promise<[number | null]>;
    const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    return { code, out, errors };
  };
  const started = { child, ended: finish() };
  runs.push(started);
  return started;
}

/** @returns the server, and where it listens. */
async function runServer(...words: string[]): Promise<Run & { address: string }> {
  const started = run("server.js", ...words);
  const [line] = (await once(started.child.stdout!, "data")) as [Buffer];
  return { ...started, address: /^listening (.+)\n$/.exec(line.toString())![1]! };
}

describe("a server in another process", () => {
  it.each(["tcp", "unix"])(
    "is killed in the middle of a call over %s, and another one takes its place",
    async (carrier) => {
      const at = carrier === "tcp" ? "tcp://127.0.0.1:0" : `unix:${join(folder, "socket")}`;
      const first = await runServer(folder, at);
      const peer = await connect(first.address);
      const volume = await peer.root(VolumeService);
      const watch = await volume.watch(volume.root(), () => undefined);
      const waiting = watch.next();
      await watch.count(); // calls on one object start in order: next() has begun
      first.child.kill("SIGKILL");
      const lost: unknown = await waiting.catch((error: unknown) => error);
      expect(lost).toBeInstanceOf(ClosedError);
      expect(lost).toMatchObject({ code: "transport-closed", dispatched: "maybe" });
      await expect(watch.count()).rejects.toMatchObject({ code: "transport-closed", dispatched: "no" });
      await expect(volume.root().path()).rejects.toMatchObject({ dispatched: "no" });
      expect(await peer.closed).toBeInstanceOf(ClosedError);
      expect(peer.references()).toMatchObject({ imports: { entries: 0 }, exports: { entries: 0 } });
      await first.ended;
      await expect(connect(first.address)).rejects.toMatchObject({ code: "ECONNREFUSED" });

      const second = await runServer(folder, first.address);
      expect(second.address).toBe(first.address);
      await using again = await connect(second.address);
      expect((await (await again.root(VolumeService)).root().file("file.txt").stat()).size).toBe(6n);
    },
  );

  it("says goodbye when its stdin closes, and prints nothing but its address", async () => {
    const server = await runServer(folder);
    const peer = await connect(server.address);
    server.child.stdin!.end();
    expect(await peer.closed).toMatchObject({ code: "session-closed" });
    expect(await server.ended).toEqual({ code: 0, out: `listening ${server.address}\n`, errors: "" });
  });

  it("says goodbye on SIGTERM", async () => {
    const server = await runServer(folder);
    const peer = await connect(server.address);
    server.child.kill("SIGTERM");
    expect(await peer.closed).toMatchObject({ code: "session-closed" });
    expect(await server.ended).toMatchObject({ code: 0, errors: "" });
  });

  it("ends with a message where it cannot serve", async () => {
    expect(await run("server.js").ended).toMatchObject({ code: 2, errors: expect.stringContaining("usage: ") });
    const nowhere = join(folder, "nowhere");
    expect(await run("server.js", nowhere).ended).toMatchObject({
      code: 1,
      errors: `${nowhere}: no such file or folder\n`,
    });
    const { address } = await runServer(folder);
    expect(await run("server.js", folder, address).ended).toMatchObject({
      code: 1,
      errors: expect.stringContaining("EADDRINUSE"),
    });
  });
});

describe("npm start", () => {
  it("shows facts that are all true, in plain text where it is not a terminal", async () => {
    const { code, out, errors } = await run("start.js").ended;
    expect({ code, errors, wrong: out.split("\n").filter((line) => line.includes("✗")) }).toEqual({
      code: 0,
      errors: "",
      wrong: [],
    });
    expect(out).toContain("✓ chained: 4 calls, 1 round trip\n");
    expect(out).toContain("✓ awaited one by one: 4 calls, 4 round trips\n");
    expect(out).not.toContain("\x1b");
    expect(await readdir(temporary)).toEqual([]);
  });

  it("exits with 1 where a fact does not hold, with its folder and its server gone", async () => {
    const missing = join(example.folder, "runtime", "api", "peer.ts");
    await rename(missing, `${missing}.away`);
    try {
      const { code, out, errors } = await run("start.js").ended;
      expect({ code, errors }).toMatchObject({ code: 1, errors: expect.stringContaining("NotFound") });
      expect(await readdir(temporary)).toEqual([]);
      await expect(connect(/tcp:\/\/[\d.:]+/.exec(out)![0])).rejects.toMatchObject({ code: "ECONNREFUSED" });
    } finally {
      await rename(`${missing}.away`, missing);
    }
  });
});
