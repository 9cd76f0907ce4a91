// A plugin of bench/hub: `node plugin.mjs NAME ADDRESS`. Serves, and floods its hub with what its parent's messages say.
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { performance } from "node:perf_hooks";
import { setImmediate, setTimeout } from "node:timers/promises";
import { serve, startPlugin } from "peerwire";
import { connect } from "peerwire/node";
import { DeskEventsService, DeskService } from "../../dist/generated/examples/hub/newsroom.rpc.js";

const [name, address, sinkPort] = process.argv.slice(2);
process.once("disconnect", () => process.exit());
const plugin = await startPlugin((options) => connect(address, options), {
  name,
  roots: [serve(DeskService, { work: async (text) => text })],
});
if (name === "flooder") await flood();

async function flood() {
  let kind = "nothing";
  process.on("message", (wanted) => (kind = wanted));
  const events = plugin.events(DeskEventsService);
  const hub = await plugin.hub(DeskService);
  const text = "x".repeat(1000);
  const sink = connectSocket({ port: Number(sinkPort), host: "127.0.0.1" });
  const bytes = Buffer.alloc(1000);
  for (;;) {
    if (kind === "events") {
      for (let i = 0; i < 1000; i++) {
        await plugin.eventsReady();
        events.progress(1);
      }
    }
    if (kind === "calls") await Promise.all(Array.from({ length: 200 }, () => hub.work(text)));
    else if (kind === "bytes") {
      let hasRoom = true;
      while (hasRoom) hasRoom = sink.write(bytes);
      await once(sink, "drain");
    } else if (kind === "nothing, busily") {
      for (const until = performance.now() + 10; performance.now() < until;);
      await setImmediate();
    } else await setImmediate();
    if (kind === "nothing") await setTimeout(10);
  }
}
