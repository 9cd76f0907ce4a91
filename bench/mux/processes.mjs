// The processes of a measurement: servers, delay lines and clients, and what processor time they and others have used.
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

/** Arguments of delay-line.mjs: ms each way, MiB per second. */
export const LINKS = { "50 ms link": ["25"], "20 ms link": ["10", "50"] };

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
/** Of processor time. */
const micros = ({ user, system }) => user + system;

/** A server, and the delay lines that lead to it. */
export async function startServer(kind) {
  const child = fork(file("end.mjs"), ["server", kind], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [{ port }] = await once(child, "message");
  const ends = { "": { port: String(port), processes: [child] } };
  for (const [link, args] of Object.entries(LINKS)) {
    const delayLine = await startDelayLine(String(port), ...args);
    ends[link] = { port: delayLine.port, processes: [child, delayLine.child] };
  }
  return { child, ends };
}

export function stop({ child, ends }) {
  child.disconnect();
  for (const link of Object.keys(LINKS)) ends[link].processes[1].stdin.end();
}

async function startDelayLine(...args) {
  const child = fork(file("delay-line.mjs"), args, { stdio: ["pipe", "pipe", "inherit", "ipc"] });
  return { child, port: String(await once(child.stdout, "data")).trim() };
}

/** What a process of ours has used so far. */
async function cpuOf(child) {
  child.send("cpu");
  return micros((await once(child, "message"))[0]);
}

/** Of all processors: what they have been at work, by whomever, and how long they have been there. */
function machineTime() {
  let busy = 0;
  let all = 0;
  for (const { times } of cpus()) {
    const sum = Object.values(times).reduce((a, b) => a + b, 0);
    all += sum * 1000;
    busy += (sum - times.idle) * 1000;
  }
  return { busy, all };
}

/**
 * One client from its start to its end, through a link or "" for none.
 * @returns what it measured, `serverCpu` (us a message), and the share of the processors that `others` had: programs
 * that are none of this benchmark's; or `failure`.
 */
export async function oneRun({ child, ends }, link, [kind, workload, ms]) {
  const { port, processes } = ends[link];
  const used = async () => {
    let sum = micros(process.cpuUsage());
    for (const one of processes) sum += await cpuOf(one);
    return sum;
  };
  const machine = machineTime();
  const before = await cpuOf(child);
  const usedBefore = await used();
  try {
    const printed = execFileSync(process.execPath, [file("end.mjs"), "client", kind, port, workload, ms], {
      encoding: "utf8",
      timeout: 30_000,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { messages, cpu, ...run } = JSON.parse(printed);
    if (messages !== undefined) run.serverCpu = ((await cpuOf(child)) - before) / messages;
    const ours = (await used()) - usedBefore + micros(cpu);
    const { busy, all } = machineTime();
    return { ...run, others: Math.max(0, (busy - machine.busy - ours) / (all - machine.all)) };
  } catch (error) {
    return {
      failure: error.code === "ETIMEDOUT" ? "no result within 30 s" : String(error.stderr).trim().split("\n").at(-1),
    };
  }
}
