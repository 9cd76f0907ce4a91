// One end of a measurement, in a process of its own: `end.mjs server KIND`, or `end.mjs client KIND PORT WORKLOAD MS`.
// A server tells its parent its port, and its processor time when asked, and lives as long as the parent does; a client
// prints its result as JSON.
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
  process.on("message", () => process.send(process.cpuUsage()));
  process.on("disconnect", () => process.exit(0));
  process.send({ port: await serve(echoMessages) });
} else {
  const result = await WORKLOADS[workload](await dial(Number(port)), Number(ms));
  process.stdout.write(JSON.stringify({ ...result, cpu: process.cpuUsage() }), () => process.exit(0));
}
