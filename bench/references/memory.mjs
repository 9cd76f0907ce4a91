// What a live reference costs each side, in bytes of heap: 100,000 objects in the tables, and their stubs. In a process of
// its own, with --expose-gc; prints one line of JSON. The objects themselves are not counted, their stubs are.
import { setTimeout } from "node:timers/promises";
import { ExportTable } from "../../dist/runtime/references/export-table.js";
import { ImportLink, ImportOrigin } from "../../dist/runtime/references/import-link.js";
import { ImportTable } from "../../dist/runtime/references/import-table.js";
import { ReferenceWatch } from "../../dist/runtime/references/reference-watch.js";
import { systemClock } from "../../dist/runtime/base/clock.js";
import { DEFAULT_LIMITS } from "../../dist/runtime/base/limits.js";
import { FileService } from "../../dist/generated/examples/files/volume.rpc.js";

const count = Number(process.argv[2] ?? 100_000);
const limits = { ...DEFAULT_LIMITS, maxExports: count, maxImports: count };
const watch = new ReferenceWatch(systemClock);
const keep = [];

console.log(JSON.stringify({ exported: await exported(), imported: await imported() }));
process.exit(keep.length === 0 ? 1 : 0);

async function exported() {
  const objects = Array.from({ length: count }, (_, i) => ({ i }));
  const table = new ExportTable(limits, watch);
  keep.push(objects, table);
  return grown(() => {
    for (const object of objects) table.share(FileService, object);
  });
}

async function imported() {
  const context = { peer: { description: "bench" } };
  const origin = new ImportOrigin(context, FileService);
  const table = new ImportTable(limits, { add() {} }, watch, (held) => new ImportLink(origin, held));
  context.imports = table;
  const stubs = new Array(count).fill(undefined);
  keep.push(stubs, table);
  return grown(() => {
    for (let i = 0; i < count; i++)
      stubs[i] = table.take(table.receive(i + 1, FileService.interfaceId), FileService).stub;
  });
}

async function grown(act) {
  const before = await heap();
  act();
  return Math.round(((await heap()) - before) / count);
}

async function heap() {
  for (let i = 0; i < 6; i++) {
    globalThis.gc();
    await setTimeout(10);
  }
  return process.memoryUsage().heapUsed;
}
