// One end of a measurement, in a process of its own: `end.mjs server KIND`, or `end.mjs client KIND PORT WORKLOAD`.
// Answers its parent: a server its port at first, a client once it is ready; to "cpu" its processor time, to a number of
// milliseconds what a run of its workload has measured. Lives as long as its parent does, or until that lets it go.
import { echoMessages } from "./messages.mjs";
import { WORKLOADS } from "./workloads.mjs";

const MODULES = {
  "raw": "./kinds/raw.mjs",
  "peerwire": "./kinds/peerwire.mjs",
  "yamux-js": "./rivals/yamux-js.mjs",
  "@libp2p/yamux": "./rivals/libp2p.mjs",
};

const [role, kind, port, workload] = process.argv.slice(2);
const { serve, dial } = await import(MODULES[kind]);
let run;
process.on("message", async (asked) => process.send(asked === "cpu" ? process.cpuUsage() : await run(asked)));
process.on("disconnect", () => process.exit(0));
if (role === "server") process.send({ port: await serve(echoMessages) });
else {
  run = await WORKLOADS[workload].start(await dial(Number(port)));
  process.send("ready");
}
