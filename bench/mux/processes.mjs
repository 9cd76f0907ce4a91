// The processes of a measurement: servers, delay lines and clients, and what processor time they and others have used.
import { fork } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { clearTimeout, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";

/** Arguments of delay-line.mjs: ms each way, MiB per second. */
export const LINKS = { "50 ms link": ["25"], "20 ms link": ["10", "50"] };

const LONGEST_ANSWER_MS = 30_000;

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

/** A client of `server`, through a link or "" for none. @returns what `ask` asks. */
export async function startClient(server, link, kind, workload) {
  const child = fork(file("end.mjs"), ["client", kind, server.ends[link].port, workload], {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let complaint = "";
  child.stderr.on("data", (text) => (complaint = `${complaint}${text}`.slice(-10_000)));
  const lines = () => complaint.trim().split("\n");
  child.complaint = () => lines().find((line) => /^\w*Error/.test(line)) ?? lines().at(-1);
  try {
    await answer(child);
  } catch (error) {
    child.kill();
    throw error;
  }
  return child;
}

/** Runs the workload for so long. @returns what it measured, with `serverCpu` (us a message) where it counts messages. */
export async function runFor(client, server, ms) {
  const before = await cpuOf(server.child);
  const { messages, ...run } = await ask(client, ms);
  if (messages !== undefined) run.serverCpu = ((await cpuOf(server.child)) - before) / messages;
  return run;
}

/**
 * Watches who has the processors from here on.
 * @returns a function that tells the share that programs have had which are none of this benchmark's.
 */
export async function watchOthers(servers, clients) {
  const children = [...servers.flatMap(({ ends }) => Object.values(ends).flatMap((end) => end.processes)), ...clients];
  const used = async () => {
    let sum = micros(process.cpuUsage());
    for (const child of new Set(children)) if (child.connected) sum += await cpuOf(child);
    return sum;
  };
  const usedBefore = await used();
  const before = machineTime();
  return async () => {
    const { busy, all } = machineTime();
    return Math.max(0, (busy - before.busy - ((await used()) - usedBefore)) / (all - before.all));
  };
}

/** What a process of ours has used so far. */
async function cpuOf(child) {
  return micros(await ask(child, "cpu"));
}

async function ask(child, question) {
  child.send(question);
  return answer(child);
}

/** Its next message. Rejects where it ends first, with its last words, or says nothing for half a minute. */
function answer(child) {
  return new Promise((resolve, reject) => {
    const settle = (how, value) => {
      clearTimeout(timer);
      child.off("message", onMessage);
      child.off("close", onClose);
      how(value);
    };
    const onMessage = (message) => settle(resolve, message);
    const onClose = () => settle(reject, new Error(child.complaint?.() || "it ended"));
    const onLate = () => settle(reject, new Error(`no result within ${LONGEST_ANSWER_MS / 1000} s`));
    const timer = setTimeout(onLate, LONGEST_ANSWER_MS);
    child.once("message", onMessage);
    child.once("close", onClose);
  });
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
