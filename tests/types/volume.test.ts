import { beforeAll, describe, expect, it } from "@jest/globals";
import { type Complaint, compileSnippets } from "./snippets.js";

/** What compiles: how the generated code is meant to be used. */
const ACCEPTED: Record<string, string> = {
  "a chain of four, on promises": `const stat: Stat = await volume.root().folder("a").file("b").stat();`,
  "a chain into a stream": `for await (const { name } of volume.root().folder("a").entries()) name.toUpperCase();`,
  "a byte stream": `for await (const chunk of file.read()) chunk.byteLength;`,
  "using": `using held: FolderStub = await volume.root(); await held.path();`,
  "await using": `await using connected = await connect("tcp://localhost:1"); await connected.root(VolumeService);`,
  "the root's own type": `const root: VolumeStub = await peer.root(VolumeService);`,
  "a stub as the interface": `const it: Volume = volume; const also: Folder = folder;`,
  "a promise as an argument": `await folder.isSame(volume.root()); await volume.watch(volume.root().folder("a"), () => {});`,
  "a callback that ignores its argument": `await volume.watch(folder, () => undefined);`,
  "a callback that is told": `await volume.watch(folder, ({ path, what }: Change) => console.log(path, what));`,
  "an optional argument left out": `volume.search("x"); volume.search("x", { endings: [".ts"] }, new AbortController().signal);`,
  "a call's options": `await volume.$with({ timeoutMs: 5, signal: new AbortController().signal }).root().path();`,
  "a kind told apart": `const { kind } = await file.stat(); if (kind.type === "link") kind.target.length; else if (kind.type === "file") kind.executable satisfies boolean;`,
  "a handler without stubs": `
    declare const root: Folder;
    class Impl implements Volume {
      async root(): Promise<Folder> { return root; }
      async *search(pattern: string): AsyncIterable<Match> { yield { path: pattern, line: 1, text: "" }; }
      async watch(_: Folder, onChange: (change: Change) => void): Promise<Watch> {
        onChange({ path: "", what: "created" });
        return { count: async () => 1, next: async () => ({ path: "", what: "removed" }) };
      }
    }
    await listen("inproc:x", { roots: [serve(VolumeService, new Impl()), serve(VolumeService, new Impl(), "again")] });`,
  "a handler that looks at its call": `
    class Impl implements Pick<Watch, "count"> {
      async count(call?: CallContext): Promise<number> { return call?.remainingMs ?? 0; }
    }`,
};

/** What does not compile, and the number of TypeScript's error. */
const REFUSED: Record<string, [code: number, text: string]> = {
  "an argument of the wrong type": [2345, `await folder.file(42);`],
  "an argument too few": [2554, `await folder.file();`],
  "an argument too many": [2554, `await folder.path("x");`],
  "an unknown method": [2339, `await folder.remove("x");`],
  "a misspelt method in a chain": [2551, `await volume.root().folders("x");`],
  "a field of the wrong type": [2322, `volume.search("x", { endings: [7] });`],
  "a misspelt field": [2561, `volume.search("x", { ending: [".ts"] });`],
  "an undefined that was not declared": [2379, `volume.search("x", { endings: undefined });`],
  "pipelining on a string": [2339, `await volume.root().path().length;`],
  "pipelining on a value": [2339, `await file.stat().size;`],
  "pipelining on a stream": [2339, `volume.search("x").path;`],
  "a call on a result that was not awaited": [2339, `volume.root().entries().name;`],
  "dispose on a promise": [2339, `volume.root().dispose();`],
  "using a promise": [2850, `using held = volume.root();`],
  "a callback with another argument": [2345, `await volume.watch(folder, (change: string) => {});`],
  "a callback with an argument too many": [2345, `await volume.watch(folder, (change: Change, more: number) => {});`],
  "no callback where one is needed": [2554, `await volume.watch(folder);`],
  "a stub of another interface as an argument": [2345, `await folder.isSame(file);`],
  "a promise of another interface as an argument": [2345, `await folder.isSame(folder.file("x"));`],
  "a stub of another interface assigned": [2739, `const it: FileStub = volume;`],
  "a stub of a smaller interface assigned": [2740, `const it: FolderStub = file;`],
  "a root of another interface": [2739, `const it: FileStub = await peer.root(FolderService);`],
  "the result of what returns nothing": [
    1345,
    `declare const notify: Parameters<Volume["watch"]>[1]; if (notify({ path: "", what: "created" })) {}`,
  ],
  "a wrong literal": [2322, `const change: Change = { path: "", what: "renamed" };`],
  "a bigint as a number": [2322, `const size: number = (await file.stat()).size;`],
  "a field of the wrong case": [2339, `const { kind } = await file.stat(); if (kind.type === "folder") kind.target;`],
  "a handler without one of its methods": [
    2420,
    `class Impl implements Watch { async count(): Promise<number> { return 1; } }`,
  ],
  "a handler whose method returns something else": [
    2416,
    `class Impl implements Watch { async count(): Promise<string> { return "1"; } async next(): Promise<Change> { throw new Error(); } }`,
  ],
  "a handler that asks for more than it is given": [
    2416,
    `class Impl implements File {
       async path(folder: string): Promise<string> { return folder; }
       async stat(): Promise<Stat> { throw new Error(); }
       read(): ReadableStream<Uint8Array> { throw new Error(); }
     }`,
  ],
  "serving an incomplete object": [2345, `serve(VolumeService, { root: async () => folder });`],
  "serving an object of another interface": [2345, `serve(VolumeService, folder);`],
  "an unknown option": [2353, `await connect("tcp://localhost:1", { timeout: 5 });`],
  "an error code that does not exist": [2345, `new CallError("NO_SUCH_CODE", "x");`],
  "making a stub by hand": [2554, `class Mine extends RemoteStub {} new Mine();`],
};

let complaints: Map<string, Complaint[]>;
beforeAll(() => {
  const all = [
    ...Object.entries(ACCEPTED),
    ...Object.entries(REFUSED).map(([name, [, text]]) => [name, text] as const),
  ];
  const results = compileSnippets(all.map(([, text]) => text));
  complaints = new Map(all.map(([name], i) => [name, results[i]!]));
});

describe("what compiles", () => {
  it.each(Object.keys(ACCEPTED))("%s", (name) => {
    expect(complaints.get(name)).toEqual([]);
  });
});

describe("what does not compile", () => {
  it.each(Object.entries(REFUSED).map(([name, [code]]) => [name, code] as const))("%s (TS%i)", (name, code) => {
    expect(complaints.get(name)).toMatchObject([{ code }]);
  });
});
