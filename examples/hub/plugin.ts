/**
 * One plugin as a process: node dist/examples/hub/plugin.js NAME ADDRESS
 * Runs until the hub no longer wants it, or whoever started it is gone. Prints what the hub announces.
 */
import { serve, startPlugin } from "peerwire";
import { connect } from "peerwire/node";
import { DeskService, EditorEventsService } from "../../generated/examples/hub/newsroom.rpc.js";
import { DESKS } from "./desks.js";

const [name = "", address = ""] = process.argv.slice(2);
const makeDesk = DESKS[name];
if (makeDesk === undefined || address === "") {
  console.error(`usage: node dist/examples/hub/plugin.js ${Object.keys(DESKS).join("|")} ADDRESS`);
  process.exit(2);
}

const plugin = await startPlugin((options) => connect(address, options), {
  name,
  version: "1.0.0",
  roots: (self) => [serve(DeskService, makeDesk(self))],
});
plugin.on(EditorEventsService, ({ args: [text] }) => {
  console.log(`${plugin.name} heard: ${text}`);
});

process.stdin.once("close", () => void plugin.stop()).resume(); // whoever started this process has gone
await plugin.closed;
process.exit(0); // stdin may still be open
