// One end of a measurement, in a process of its own: `end.mjs server KIND`, or `end.mjs client KIND PORT WORKLOAD MS`.
// A server prints its port and lives until its standard input closes; a client prints its result as JSON.
import { echoMessages } from "./messages.mjs";
import { WORKLOADS } from "./workloads.mjs";

const MODULES = {
  "raw": "./kinds/raw.mjs",
  "peerwire": "./kinds/peerwire.mjs",
  "yamux-js": "./rivals/yamux-js.mjs",
  "@libp2p/yamux": "./rivals/libp2p.mjs",
};

const [role, kind, port, workload, ms] = process.argv.slice(2);
const { serve, dial } = await import(MODULES[kind]);
if (role === "server") {
  console.log(await serve(echoMessages));
  process.stdin.resume().on("end", () => process.exit(0));
} else {
  const result = await WORKLOADS[workload](await dial(Number(port)), Number(ms));
  console.log(JSON.stringify(result));
  process.exit(0);
}
