// `npm run bench -- memory [--smoke] [--json FILE]`: what is live and idle costs: 100,000 references (bytes of heap),
// 10,000 streams and 1,000 sessions (bytes of RSS), on each side. Medians of three; nothing is asserted.
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { median, option } from "../statistics.mjs";

const smoke = process.argv.includes("--smoke");
const repetitions = smoke ? 1 : 3;
const scale = smoke ? 0.02 : 1;
const path = (name) => fileURLToPath(new URL(name, import.meta.url));

const measurements = [
  { title: "references", unit: "bytes of heap", count: 100_000 * scale, measure: references },
  { title: "idle streams", unit: "bytes of RSS", count: 10_000 * scale, measure: (count) => idle("streams", count) },
  { title: "idle sessions", unit: "bytes of RSS", count: 1_000 * scale, measure: (count) => idle("sessions", count) },
];
const results = [];
for (const { title, unit, count, measure } of measurements) {
  const runs = [];
  for (let i = 0; i < repetitions; i++) runs.push(await measure(count));
  const result = { title, unit, count, ...summary(runs) };
  results.push(result);
  console.log(
    `${count.toLocaleString("en")} ${title}, ${unit} for each: ${result.near} here, ${result.far} there (${result.lowest} to ${result.highest})`,
  );
}
const json = option("json");
if (json !== undefined) {
  const columns = ["", "unit", "who dialled, or shares", "who was dialled, or holds", "lowest to highest"];
  const rows = results.map((one) => [
    `${one.count.toLocaleString("en")} ${one.title}`,
    one.unit,
    one.near,
    one.far,
    `${one.lowest} to ${one.highest}`,
  ]);
  writeFileSync(
    json,
    `${JSON.stringify({ results, tables: [{ title: "what is live and idle", columns, rows }] }, null, 2)}\n`,
  );
}

function summary(runs) {
  const all = runs.flatMap(({ near, far }) => [near, far]);
  return {
    near: median(runs.map(({ near }) => near)),
    far: median(runs.map(({ far }) => far)),
    lowest: Math.min(...all),
    highest: Math.max(...all),
  };
}

function references(count) {
  const printed = execFileSync(process.execPath, ["--expose-gc", path("../references/memory.mjs"), String(count)], {
    encoding: "utf8",
  });
  const { exported, imported } = JSON.parse(printed);
  return { near: exported, far: imported };
}

async function idle(what, count) {
  const settings = { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "inherit", "ipc"] };
  const server = fork(path("idle.mjs"), ["serve", what], settings);
  const [{ port }] = await once(server, "message");
  const before = await ask(server);
  const client = fork(path("idle.mjs"), ["dial", what, String(port), String(count)], settings);
  const [{ grown }] = await once(client, "message");
  const after = await ask(server);
  client.send("end");
  server.disconnect();
  return { near: Math.round(grown), far: Math.round((after - before) / count) };
}

async function ask(server) {
  server.send("rss");
  return (await once(server, "message"))[0].rss;
}
