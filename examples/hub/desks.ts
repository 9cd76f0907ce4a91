/** What the plugins of this example can do. Each is an ordinary object; that it runs in another process shows nowhere. */
import type { Plugin } from "peerwire";
import { DeskEventsService, DeskService, EditorService } from "../../generated/examples/hub/newsroom.rpc.js";
import type { Desk } from "./newsroom.js";

type MakeDesk = (plugin: Plugin) => Desk;

export const DESKS: Readonly<Record<string, MakeDesk>> = {
  /** Asks the hub which words to leave out. */
  censor: (plugin) => ({
    async work(text) {
      const editor = await plugin.hub(EditorService);
      const banned = new Set(await editor.bannedWords());
      return text
        .split(" ")
        .map((word) => (banned.has(word) ? "*".repeat(word.length) : word))
        .join(" ");
    },
  }),

  /** Asks another plugin, through the hub. */
  headline: (plugin) => ({
    async work(text) {
      const censor = await plugin.find("censor", DeskService);
      return (await censor.work(text)).toUpperCase();
    },
  }),

  /** Takes its time, and tells how far it is. */
  translator: (plugin) => ({
    async work(text) {
      const events = plugin.events(DeskEventsService);
      for (const percent of [0, 50, 100]) events.progress(percent);
      if (text === "War and Peace") await new Promise(() => undefined); // longer than anybody waits
      return text.split(" ").reverse().join(" ");
    },
  }),
};
