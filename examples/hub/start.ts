/**
 * `npm run hub`: a hub, and three plugins as processes of their own. They are called, call back, send events and reach
 * each other; one is killed in the middle of a call and comes back. Exits with 0 only where all that is shown was true.
 */
import { ClosedError, serve } from "peerwire";
import { type Disconnect, Hub, type HubPlugin } from "peerwire/hub";
import {
  DeskEventsService,
  DeskService,
  EditorEventsService,
  EditorService,
} from "../../generated/examples/hub/newsroom.rpc.js";
import { Report } from "../files/report.js";
import { PluginProcess } from "./plugin-process.js";

/** Something hangs that takes longer: all of it is done in a few seconds. */
const PATIENCE_MS = 60_000;

const report = new Report(process.stdout);
const processes = new Map<string, PluginProcess>();
process.once("exit", () => processes.forEach((plugin) => plugin.kill()));
process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143));
setTimeout(() => {
  console.error(`not done within ${PATIENCE_MS} ms`);
  process.exit(1);
}, PATIENCE_MS).unref();

const hub = new Hub({
  name: "newsroom",
  roots: [serve(EditorService, { bannedWords: async () => ["dragons"] })],
  broker: [DeskService], // plugins may find each other's desks
  expect: [DeskService], // and must have one
});
try {
  const address = await hub.listen("tcp://127.0.0.1:0");
  report.title("Three plugins connect");
  for (const name of ["censor", "headline", "translator"]) start(name, address);
  const [censor, headline, translator] = await Promise.all(
    ["censor", "headline", "translator"].map((name) => hub.waitFor(name, DeskService, { timeoutMs: 20_000 })),
  );
  for (const plugin of hub.plugins())
    report.line(`${plugin.name} ${plugin.version}: process ${processes.get(plugin.name)!.pid}`);
  report.check("three, on one port", hub.plugins().length, 3);

  report.title("They are called, and call the hub and each other");
  report.check("censor asks the hub for its list", await censor!.work("here be dragons"), "here be *******");
  report.check("headline asks censor, through the hub", await headline!.work("here be dragons"), "HERE BE *******");
  const answers = await hub.broadcast(DeskService, (desk) => desk.work("ho"), { timeoutMs: 5000 });
  report.check(`all are asked at once: ${[...answers.keys()].sort().join(", ")}`, answers.size, 3);
  report.check(
    "and all have answered",
    [...answers.values()].every(({ ok }) => ok),
  );

  report.title("Events, both ways");
  const progress = hub.events(DeskEventsService);
  report.check("translator works", await translator!.work("a b c"), "c b a");
  report.check("and told how far it was", (await take(progress, 3)).join(" "), "0 50 100");
  for (const plugin of hub.plugins()) plugin.events(EditorEventsService).announce("deadline at five");
  for (const plugin of processes.values())
    report.check(`${plugin.name} hears the hub`, await plugin.nextLine(), `${plugin.name} heard: deadline at five`);

  report.title("One is killed in the middle of a call, and comes back");
  const gone = nextDisconnect();
  const endless = translator!.work("War and Peace").catch((error: unknown) => error);
  await take(progress, 3); // it has begun
  processes.get("translator")!.kill();
  const { plugin, disconnect } = await gone;
  const lost = await endless;
  report.check(`the call fails: ${(lost as Error).message}`, lost instanceof ClosedError && lost.dispatched, "maybe");
  report.check(`the hub knows why ${plugin.name} is gone`, disconnect.reason, "transportLost");
  report.check("the others work on", await headline!.work("ok"), "OK");
  start("translator", address);
  const again = await hub.waitFor("translator", DeskService, { timeoutMs: 20_000 });
  report.check("started again, it is found by its name", await again.work("a b c"), "c b a");
  const old = await translator!.work("abc").catch((error: unknown) => error);
  report.check("the old reference stays broken", old instanceof ClosedError && old.dispatched, "no");

  report.title("The end");
  await hub.unplug("censor");
  report.check("censor is unplugged, and its process ends", await processes.get("censor")!.ended, "0");
  const refused = await headline!.work("abc").catch((error: unknown) => error);
  report.check(`headline misses it: ${(refused as Error).message}`, refused instanceof Error);
  const { drained, cut } = await hub.shutdown({ deadlineMs: 5000 });
  report.check(`goodbye to ${[...drained].sort().join(" and ")}, nobody is cut off`, cut.length, 0);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
if (!report.isTrue) process.exitCode = 1;
process.exit();

function start(name: string, address: string): void {
  processes.set(name, new PluginProcess(name, address));
}

function nextDisconnect(): Promise<{ plugin: HubPlugin; disconnect: Disconnect }> {
  return new Promise((resolve) => {
    const stop = hub.onDisconnect((plugin, disconnect) => {
      stop();
      resolve({ plugin, disconnect });
    });
  });
}

/** The first arguments of the next events. */
async function take(events: AsyncIterable<{ readonly args: readonly unknown[] }>, count: number): Promise<unknown[]> {
  const iterator = events[Symbol.asyncIterator]();
  const taken: unknown[] = [];
  while (taken.length < count) taken.push(((await iterator.next()).value as { args: readonly unknown[] }).args[0]);
  return taken;
}
