/** What is generated after an edit by a generator that remembers is what one that knows nothing generates. */
import { describe, expect, it } from "@jest/globals";
import { seeds } from "../support/seeded.js";
import { Watcher, expectSame, expectSameAfterEdits } from "./support/watcher.js";
import { workspace } from "./support/workspace.js";

const API = (imports: string, type: string): string =>
  `${imports}/** @remote */\nexport interface Api { go(value: ${type}): Promise<void>; }\n`;

describe("a generator that remembers", () => {
  it.each(seeds(2))("gives after each random edit what a fresh one gives (seed %i)", (seed) => {
    expectSameAfterEdits(seed, 8, workspace);
  });

  it("sees what a file adds to a global interface, and takes away again, though nothing leads to that file", () => {
    const space = workspace({
      "api.ts": API("", "Everywhere"),
      "first.ts": "export {};\ndeclare global { interface Everywhere { here: string } }\n",
      "second.ts": "export {};\n",
    });
    const watcher = new Watcher(space);
    const fields = (): string[] => {
      const both = watcher.run();
      expectSame(both);
      const message = both.remembered.model.messages.find((one) => one.name === "Everywhere")!;
      return message.kind === "object" ? message.fields.map((one) => one.name) : [];
    };
    expect(fields()).toEqual(["here"]);
    space.write({ "second.ts": "export {};\ndeclare global { interface Everywhere { there?: number } }\n" });
    expect(fields()).toEqual(["here", "there"]);
    space.write({ "second.ts": "export {};\n" });
    expect(fields()).toEqual(["here"]);
    space.write({ "second.ts": "interface Everywhere { script?: number }\n" });
    expect(fields()).toEqual(["here", "script"]);
  });

  it("looks again at what led to a type that has no name to be found by, and at nothing else", () => {
    const space = workspace({
      "api.ts": API('import type { Order } from "./order.js";\n', "Order"),
      // Nothing of Line but its name is read for Order, and nobody can import Line.
      "order.ts":
        'import type { Kind } from "./kind.js";\ninterface Line { kind: Kind }\nexport interface Order { lines: Line[] }\n',
      "kind.ts": 'export type Kind = "a" | "b";\n',
      "other.ts": API('import type { Thing } from "./thing.js";\n', "Thing").replace("Api", "Other"),
      "thing.ts": "export interface Thing { a: string; b: Part }\nexport interface Part { c: number }\n",
    });
    const watcher = new Watcher(space);
    expectSame(watcher.run());
    const all = watcher.memory.introspection.entries.made;
    space.write({ "kind.ts": 'export type Kind = "a" | "b" | "c";\n' });
    const after = watcher.run();
    expectSame(after);
    expect(after.remembered.model.enums.map((one) => one.values.length)).toEqual([3]);
    // Api, Order, Line, Kind, Other, Thing, Part; then those of them that the edit changed, and who led to Line.
    expect([all, watcher.memory.introspection.entries.made]).toEqual([7, 3]);
  });
});
