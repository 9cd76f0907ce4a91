import { afterEach, describe, expect, it } from "@jest/globals";
import { createHash } from "node:crypto";
import { appendFile, readdir, readlink, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeLargeFile } from "../../examples/files/large-file.js";
import { RoundTrips } from "../../examples/files/round-trips.js";
import {
  type Change,
  type Entry,
  type Match,
  NotAFolder,
  NotFound,
  OutsideVolume,
} from "../../examples/files/volume.js";
import { until } from "../runtime/sample/linked-bank.js";
import { CARRIERS, type ServedFolder, serveFolder } from "./served-folder.js";

const NOTHING = { imports: { entries: 0, retains: 0 }, exports: { entries: 0, retains: 0 } };

let served: ServedFolder | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

describe.each(CARRIERS)("the files example over %s", (carrier) => {
  const start = async (...options: Parameters<typeof serveFolder> extends [unknown, ...infer Rest] ? Rest : never) => {
    served = await serveFolder(carrier, ...options);
    return served;
  };

  it("answers typed calls: bigint, Date, a discriminated kind", async () => {
    const { volume, folder } = await start();
    const truth = await stat(join(folder, "a.txt"));
    const { size, modified, created, kind } = await volume.root().file("a.txt").stat();
    expect(size).toBe(BigInt(truth.size));
    expect(modified.getTime()).toBe(Math.floor(truth.mtimeMs));
    expect(created).toBeInstanceOf(Date);
    expect(kind).toEqual({ type: "file", executable: false });
    expect(await volume.root().folder("docs/deep").path()).toBe("docs/deep");
    expect(await volume.root().path()).toBe("");
  });

  it("lists entries by name, with links as links", async () => {
    const { volume } = await start();
    const entries: Entry[] = [];
    for await (const entry of volume.root().entries()) entries.push(entry);
    expect(entries.map(({ name, stat: { kind } }) => [name, kind])).toEqual([
      ["a.txt", { type: "file", executable: false }],
      ["docs", { type: "folder" }],
      ["inside-link", { type: "link", target: "docs/b.md" }],
      ["node_modules", { type: "folder" }],
      ["outside-link", { type: "link", target: "../secret.txt" }],
      ["picture.txt", { type: "file", executable: false }],
      ["run.sh", { type: "file", executable: true }],
      ["up", { type: "link", target: ".." }],
    ]);
  });

  it("carries a chain of four in one round trip, and the same calls awaited in four", async () => {
    const roundTrips = new RoundTrips();
    const { volume } = await start({ onInstruction: roundTrips.onInstruction });
    const chained = await roundTrips.of(() => volume.root().folder("docs/deep").file("c.txt").stat());
    expect(chained).toMatchObject({ calls: 4, roundTrips: 1, result: { size: 12n } });
    const awaited = await roundTrips.of(async () => {
      const root = await volume.root();
      const folder = await root.folder("docs/deep");
      const file = await folder.file("c.txt");
      return file.stat();
    });
    expect(awaited).toMatchObject({ calls: 4, roundTrips: 4, result: chained.result });
  });

  it("calls back on each change", async () => {
    const { volume, folder } = await start();
    const changes: Change[] = [];
    const watch = await volume.watch(volume.root().folder("docs"), (change) => changes.push(change));
    const next = async (change: () => Promise<void>): Promise<Change> => {
      const [told] = await Promise.all([watch.next(), watch.count().then(change)]);
      return told;
    };
    expect(await next(() => writeFile(join(folder, "docs", "new.txt"), ""))).toEqual({
      path: "docs/new.txt",
      what: "created",
    });
    expect(await next(() => appendFile(join(folder, "docs", "new.txt"), "more"))).toEqual({
      path: "docs/new.txt",
      what: "changed",
    });
    expect(await next(() => rm(join(folder, "docs", "new.txt")))).toEqual({ path: "docs/new.txt", what: "removed" });
    expect(await watch.count()).toBe(3);
    expect(changes.map(({ what }) => what)).toEqual(["created", "changed", "removed"]);
  });

  it("brings a reference home as the object itself", async () => {
    const { volume } = await start();
    const root = await volume.root();
    expect(await volume.root()).toBe(root);
    expect(await root.self()).toBe(root);
    expect(await root.isSame(root)).toBe(true);
    expect(await root.isSame(volume.root())).toBe(true);
    expect(await root.isSame(root.folder("docs"))).toBe(false);
  });

  it("streams 8 MiB whole", async () => {
    const { volume, folder } = await start();
    const { bytes, sha256 } = await writeLargeFile(folder, "large.bin", 8 * 1024 * 1024);
    const hash = createHash("sha256");
    let received = 0;
    for await (const chunk of volume.root().file("large.bin").read()) {
      hash.update(chunk);
      received += chunk.length;
    }
    expect(received).toBe(bytes);
    expect(hash.digest("hex")).toBe(sha256);
  });

  it("closes the file when its reader leaves early", async () => {
    const { volume, folder } = await start();
    await writeLargeFile(folder, "large.bin", 8 * 1024 * 1024);
    const isOpen = async (): Promise<boolean> => (await openFiles()).includes(join(folder, "large.bin"));
    for await (const chunk of volume.root().file("large.bin").read()) {
      expect(chunk.length).toBeGreaterThan(0);
      if (process.platform === "linux") expect(await isOpen()).toBe(true);
      break;
    }
    let open = true;
    while (open) open = await isOpen();
  });

  it("answers an empty file with an empty stream, and goes on after a file that is gone", async () => {
    const { volume, folder } = await start();
    await writeFile(join(folder, "empty"), "");
    expect(await collect(volume.root().file("empty").read())).toEqual([]);
    const file = await volume.root().file("empty");
    await rm(join(folder, "empty"));
    await expect(collect(file.read())).rejects.toBeInstanceOf(NotFound);
    await expect(file.stat()).rejects.toMatchObject({ name: "NotFound", path: "empty" });
    expect(await file.path()).toBe("empty");
  });

  it("throws declared errors as their class, with their fields", async () => {
    const { volume } = await start();
    const root = await volume.root();
    const missing = await root.folder("docs/none").catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(NotFound);
    expect(missing).toMatchObject({ path: "docs/none", message: "docs/none: no such file or folder" });
    await expect(root.file("none").stat()).rejects.toBeInstanceOf(NotFound);
    await expect(root.folder("a.txt")).rejects.toBeInstanceOf(NotAFolder);
    await expect(root.file("a.txt/x")).rejects.toMatchObject({ name: "NotAFolder", path: "a.txt/x" });
    await expect(root.file("docs")).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    await expect(root.file("a\0b")).rejects.toBeInstanceOf(NotFound);
  });

  it.each([
    "..",
    "../secret.txt",
    "docs/../../secret.txt",
    "../served-not/secret.txt",
    "../does-not-exist",
    "/etc/passwd",
    "/",
    "outside-link",
    "up",
    "up/secret.txt",
    "docs/../up/served/a.txt/../../secret.txt",
  ])("refuses %j, which leaves the served folder", async (path) => {
    const { volume } = await start();
    const root = await volume.root();
    await expect(root.file(path)).rejects.toBeInstanceOf(OutsideVolume);
    await expect(root.folder(path)).rejects.toMatchObject({ name: "OutsideVolume", path });
  });

  it("follows links and `..` that stay inside", async () => {
    const { volume } = await start();
    expect(await volume.root().file("inside-link").path()).toBe("docs/b.md");
    expect(await volume.root().folder("docs").file("../a.txt").path()).toBe("a.txt");
  });

  it("searches text files, and stops when its reader leaves", async () => {
    const { volume, folder, impl } = await start();
    expect(await collect(volume.search("needle"))).toEqual([
      { path: "a.txt", line: 2, text: "needle two" },
      { path: "a.txt", line: 3, text: "three needle" },
      { path: "docs/b.md", line: 1, text: "needle in docs" },
      { path: "docs/deep/c.txt", line: 1, text: "needle deep" },
    ] satisfies Match[]);
    expect(await collect(volume.search("needle", { endings: [".md"] }))).toHaveLength(1);
    await expect(collect(volume.search(""))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await writeFile(join(folder, "long.txt"), `needle ${"x".repeat(200)}\n`.repeat(4000));
    expect(impl.searchesEnded).toBe(3);
    for await (const { path } of volume.search("needle", { endings: ["long.txt"] })) {
      expect(path).toBe("long.txt");
      break;
    }
    await until(() => impl.searchesEnded === 4);
  });

  it("refuses a wrong value before it is sent, naming the field", async () => {
    const roundTrips = new RoundTrips();
    const { volume } = await start({ onInstruction: roundTrips.onInstruction });
    const { calls } = await roundTrips.of(async () => {
      const endings = [".ts", 7] as unknown as string[];
      await expect(collect(volume.search("x", { endings }))).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: "options.endings[1]: expected a string, got the number 7",
      });
    });
    expect(calls).toBe(0);
  });

  it("empties the tables of both sides when everything is disposed of", async () => {
    const { volume, client, server, impl } = await start();
    expect(client.references()).toMatchObject(NOTHING);
    const root = await volume.root();
    const folder = await root.folder("docs");
    const file = await folder.file("b.md");
    const watch = await volume.watch(folder, () => undefined);
    expect(client.references()).toMatchObject({ imports: { entries: 4 }, exports: { entries: 1 } });
    expect(server.references()).toMatchObject({ imports: { entries: 1 }, exports: { entries: 4 } });
    for (const held of [root, folder, file, watch]) held.dispose();
    await until(() => server.references().imports.entries === 0 && client.references().exports.entries === 0);
    expect(client.references()).toMatchObject(NOTHING);
    expect(server.references()).toMatchObject(NOTHING);
    await expect(impl.watches[0]!.next()).rejects.toMatchObject({ code: "ABORTED" });
    await expect(root.path()).rejects.toMatchObject({ code: "released-reference" });
  });

  it("stops watching when the client is gone, also with a call under way", async () => {
    const { volume, client, server, impl, folder } = await start();
    const watch = await volume.watch(volume.root(), () => undefined);
    const waiting = watch.next();
    await watch.count();
    client.destroy();
    await expect(waiting).rejects.toMatchObject({ name: "ClosedError" });
    await server.closed;
    await until(() => server.references().exports.entries === 0);
    expect(server.references()).toMatchObject(NOTHING);
    await until(() => server.stats().incomingCalls === 0);
    await expect(impl.watches[0]!.next()).rejects.toMatchObject({ code: "ABORTED" });
    await writeFile(join(folder, "unseen"), "");
    expect(await impl.watches[0]!.count()).toBe(0);
  });

  it("ends a call that waits when the caller aborts it", async () => {
    const { volume, server } = await start();
    const watch = await volume.watch(volume.root(), () => undefined);
    const abort = new AbortController();
    const waiting = watch.next(abort.signal);
    await watch.count();
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    await until(() => server.stats().incomingCalls === 0);
  });

  it("takes no upload where it is only for reading", async () => {
    const { volume } = await start();
    const bytes = new Blob(["text"]).stream();
    await expect(volume.root().upload("new.txt", bytes)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("refuses to watch a folder that is not its own", async () => {
    const { volume } = await start();
    const mine = {
      path: async () => "elsewhere",
      self: async () => mine,
      isSame: async () => false,
      folder: async () => mine,
      file: async () => Promise.reject(new NotFound("x")),
      upload: async () => Promise.reject(new NotFound("x")),
      entries: async function* () {},
    };
    await expect(volume.watch(mine, () => undefined)).rejects.toMatchObject({
      name: "OutsideVolume",
      path: "elsewhere",
    });
  });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What this process has open; empty where the system does not say. */
async function openFiles(): Promise<string[]> {
  if (process.platform !== "linux") return [];
  const names = await readdir("/proc/self/fd");
  return Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")));
}
