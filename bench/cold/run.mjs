// `npm run bench -- cold [--smoke] [--kinds=WORD,...] [--json FILE]`: from the start of a client's process to its first
// reply: start, import, connect, one call. Interleaved, medians; the servers are up already. Kinds as in bench/rpc.
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { kinds as allKinds, load } from "../rpc/kinds.mjs";
import { median, option } from "../statistics.mjs";

const smoke = process.argv.includes("--smoke");
const repetitions = smoke ? 1 : 15;
const words = (option("kinds") ?? (smoke ? "raw,peerwire" : "")).split(",");
const end = fileURLToPath(new URL("../rpc/end.mjs", import.meta.url));
const firstReply = fileURLToPath(new URL("./first-reply.mjs", import.meta.url));

const servers = new Map();
for (const name of Object.keys(allKinds)) {
  if (!words.some((word) => name.includes(word)) || (await load(allKinds[name])) === undefined) continue;
  const child = fork(end, ["server", name], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [{ port }] = await once(child, "message");
  servers.set(name, { child, port });
}
const times = new Map([...servers.keys()].map((name) => [name, []]));
for (let repetition = 0; repetition < repetitions; repetition++) {
  for (const [name, { port }] of servers) {
    const start = performance.now();
    execFileSync(process.execPath, [firstReply, name, String(port)]);
    times.get(name).push(performance.now() - start);
  }
}
for (const { child } of servers.values()) child.disconnect();

const raw = times.has("raw") ? median(times.get("raw")) : undefined;
const results = [...times].map(([name, all]) => ({
  name,
  ms: median(all),
  min: Math.min(...all),
  max: Math.max(...all),
}));
results.sort((a, b) => a.ms - b.ms);
for (const { name, ms, min, max } of results) {
  const ratio = raw === undefined ? "" : `${(ms / raw).toFixed(2)} x raw`;
  console.log(
    `  ${name.padEnd(20)}${ms.toFixed(0).padStart(6)} ms  (${min.toFixed(0)} to ${max.toFixed(0)})   ${ratio}`,
  );
}
const json = option("json");
if (json !== undefined)
  writeFileSync(json, `${JSON.stringify({ node: process.version, repetitions, results }, null, 2)}\n`);
