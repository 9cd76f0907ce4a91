/**
 * A client of the example, fact by fact: what it calls is on another process, and reads as if it were here.
 * Each section is one thing that peerwire does. Started by start.ts, which owns the server and the folder.
 */
import { createHash } from "node:crypto";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CallError, type Peer } from "peerwire";
import { connect } from "peerwire/node";
import { VolumeService, type VolumeStub } from "../../generated/examples/files/volume.rpc.js";
import type { LargeFile } from "./large-file.js";
import type { Report } from "./report.js";
import { RoundTrips } from "./round-trips.js";
import { type Change, NotFound, OutsideVolume, type SearchOptions } from "./volume.js";

export interface Setting {
  readonly report: Report;
  readonly address: string;
  /** On this machine: what the server serves, as the default volume and as "scratch". */
  readonly repository: string;
  readonly scratch: string;
  /** Lies in `scratch`. */
  readonly largeFile: LargeFile;
}

export async function explore(setting: Setting): Promise<void> {
  const roundTrips = new RoundTrips();
  await using peer = await connect(setting.address, {
    name: "explorer",
    expect: [VolumeService],
    onInstruction: roundTrips.onInstruction,
  });
  const volume = await peer.root(VolumeService);
  const scratch = await peer.root(VolumeService, "scratch");
  await callTyped(setting, volume);
  await chain(setting, volume, roundTrips);
  await hearOfChange(setting, scratch);
  await sendHome(setting, volume);
  await stream(setting, scratch);
  await catchDeclared(setting, volume);
  await refuseWrongValue(setting, volume, roundTrips);
  await letGo(setting);
}

async function callTyped({ report, repository }: Setting, volume: VolumeStub): Promise<void> {
  report.title("A typed call");
  const file = await volume.root().file("package.json");
  const { size, modified, kind } = await file.stat();
  const truth = await stat(join(repository, "package.json"));
  report.check(`package.json has ${size} bytes (a ${typeof size})`, size, BigInt(truth.size));
  report.check(`changed ${modified.toISOString()} (a Date)`, modified.getTime(), Math.floor(truth.mtimeMs));
  report.check(`and is a ${kind.type}`, kind.type, "file");
}

async function chain({ report }: Setting, volume: VolumeStub, roundTrips: RoundTrips): Promise<void> {
  report.title("A chain of four calls, each on the result of the one before");
  const chained = await roundTrips.of(() => volume.root().folder("runtime/api").file("peer.ts").stat());
  report.check(`chained: ${chained.calls} calls, ${chained.roundTrips} round trip`, chained.roundTrips, 1);
  const awaited = await roundTrips.of(async () => {
    const root = await volume.root();
    const folder = await root.folder("runtime/api");
    const file = await folder.file("peer.ts");
    return file.stat();
  });
  report.check(`awaited one by one: ${awaited.calls} calls, ${awaited.roundTrips} round trips`, awaited.roundTrips, 4);
  report.check("the same answer", awaited.result.size, chained.result.size);
}

async function hearOfChange({ report, scratch }: Setting, volume: VolumeStub): Promise<void> {
  report.title("A callback, called by the server when a file changes");
  let onChange!: (change: Change) => void;
  const told = new Promise<Change>((resolve) => (onChange = resolve));
  using watch = await volume.watch(volume.root(), onChange); // until the end of this block
  report.line(`before: ${await watch.count()} changes told`);
  await writeFile(join(scratch, "note.txt"), "hello");
  const { path, what } = await told;
  report.check(
    `note.txt was written: onChange({ path: "${path}", what: "${what}" })`,
    `${path} ${what}`,
    "note.txt created",
  );
}

async function sendHome({ report }: Setting, volume: VolumeStub): Promise<void> {
  report.title("A reference that is sent home");
  using folder = await volume.root().folder("examples");
  report.check("folder.isSame(folder): at the server it is the original object again", await folder.isSame(folder));
  report.check("await folder.self() === folder: and here the same stub", (await folder.self()) === folder);
}

async function stream({ report, largeFile }: Setting, volume: VolumeStub): Promise<void> {
  const { name, bytes, sha256 } = largeFile;
  report.title(`A file of ${bytes / 2 ** 20} MiB, streamed`);
  const file = await volume.root().file(name);
  const hash = createHash("sha256");
  const started = performance.now();
  let received = 0;
  let shown = 0;
  report.progress("  ");
  for await (const chunk of file.read()) {
    hash.update(chunk);
    received += chunk.length;
    for (; shown < Math.floor((received / bytes) * 8); shown++) report.progress(`${received >> 20} MiB  `);
  }
  report.progress("\n");
  const seconds = (performance.now() - started) / 1000;
  report.check(`${received} bytes at ${Math.round(received / 1e6 / seconds)} MB/s`, received, bytes);
  report.check(`sha256 ${sha256.slice(0, 16)}… on both sides`, hash.digest("hex"), sha256);
}

async function catchDeclared({ report }: Setting, volume: VolumeStub): Promise<void> {
  report.title("Declared errors arrive as their class");
  const missing = await failureOf(volume.root().file("no/such.file").stat());
  report.check("instanceof NotFound", missing instanceof NotFound);
  if (missing instanceof NotFound)
    report.check(`with its field: path is "${missing.path}"`, missing.path, "no/such.file");
  const outside = await failureOf(volume.root().folder("../.."));
  report.check(`instanceof OutsideVolume: ${outside.message}`, outside instanceof OutsideVolume);
}

async function refuseWrongValue({ report }: Setting, volume: VolumeStub, roundTrips: RoundTrips): Promise<void> {
  report.title("A wrong value from untyped code is refused before it is sent");
  const options: SearchOptions = JSON.parse('{ "endings": [".ts", 7] }') as SearchOptions;
  const { result, calls } = await roundTrips.of(() => failureOf(volume.search("listen", options)));
  report.check(result.message, result.message.startsWith("options.endings[1]: "));
  report.check("INVALID_ARGUMENT", result instanceof CallError && result.code, "INVALID_ARGUMENT");
  report.check(`${calls} calls sent`, calls, 0);
}

async function letGo({ report, address }: Setting): Promise<void> {
  report.title("References are counted, and given back");
  await using peer = await connect(address);
  report.check(`at first:         ${count(peer)}`, count(peer), "0 held of the server, 0 held by it");
  const volume = await peer.root(VolumeService, "scratch");
  const folder = await volume.root();
  const watch = await volume.watch(folder, () => undefined);
  report.check(`with a watch:     ${count(peer)}`, count(peer), "2 held of the server, 1 held by it");
  watch.dispose(); // so that the server stops watching, and gives our function back
  folder.dispose();
  const patience = AbortSignal.timeout(5000);
  while (peer.references().exports.entries > 0 && !patience.aborted) await nextTurn();
  report.check(`after dispose():  ${count(peer)}`, count(peer), "0 held of the server, 0 held by it");
}

function count(peer: Peer): string {
  const { imports, exports } = peer.references();
  return `${imports.entries} held of the server, ${exports.entries} held by it`;
}

/** What a call, or the first item of a stream, fails with. */
export async function failureOf(work: Promise<unknown> | AsyncIterable<unknown>): Promise<Error> {
  try {
    if (work instanceof Promise) await work;
    else await work[Symbol.asyncIterator]().next();
  } catch (error) {
    return error as Error;
  }
  return new Error("it succeeded");
}
