/** docs/protocol.md prints what the code does: its table of states is STREAM_TRANSITIONS, its codes exist. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { STREAM_TRANSITIONS, type StreamState } from "../../../runtime/streams/stream-state.js";

const page = readFileSync("docs/protocol.md", "utf8");
/** The cells of the table that begins with `head`, without that and the line under it. */
function table(head: string): string[][] {
  const lines = page.slice(page.indexOf(head)).split("\n\n")[0]!.trimEnd().split("\n").slice(2);
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("docs/protocol.md", () => {
  it("prints STREAM_TRANSITIONS", () => {
    const printed = table("| state | we send FIN |");
    const live = Object.entries(STREAM_TRANSITIONS).filter(([, next]) => Object.keys(next).length > 0);
    expect(printed).toEqual(
      live.map(([state, next]) => [state, next.sendFin ?? "", next.recvFin ?? "", next.reset ?? ""]),
    );
    const final = Object.keys(STREAM_TRANSITIONS).filter(
      (s) => Object.keys(STREAM_TRANSITIONS[s as StreamState]).length === 0,
    );
    expect(page).toContain(final.map((state) => `\`${state}\``).join(" and ") + " are final");
  });

  it("names every code by which frames and streams end a session", () => {
    const sources = [
      "frames/frame-reader",
      "streams/frame-router",
      "streams/flood-guard",
      "streams/receive-window",
      "streams/send-window",
    ];
    const codes = new Set(
      sources.flatMap((file) =>
        [
          ...readFileSync(`runtime/${file}.ts`, "utf8").matchAll(/ProtocolError\(\s*"([a-z-]+)"|, "([a-z]+-flood)"/g),
        ].map((m) => m[1] ?? m[2]!),
      ),
    );
    const documented = new Set(table("| the peer | gets | code |").flatMap((cells) => cells[2]!.split(", ")));
    expect(codes.size).toBeGreaterThan(8);
    expect([...codes].filter((code) => !documented.has(code))).toEqual([]);
  });
});
