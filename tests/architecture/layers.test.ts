/**
 * The drawing of the building: which floor may import which. A file imports from its own floor and from those beneath
 * it; this test reads every import and names the two files where an arrow points up.
 */
import { describe, expect, it } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** From the ground up. A folder stands for everything in it; a file that is named stands above its folder's floor. */
const FLOORS = [
  "runtime/base",
  "generated/wire",
  "runtime/protobuf",
  "runtime/bytes",
  "runtime/frames",
  "runtime/streams",
  "runtime/mux.ts",
  "runtime/messages",
  "runtime/calls",
  "runtime/references",
  "runtime/api",
  "runtime/connections",
  "runtime/hub",
  "runtime/interceptors",
  "runtime/testing",
  "runtime/testing.ts",
  "runtime/index.ts",
  "runtime/reflection.ts",
  "runtime/websocket.ts",
  "runtime/hub.ts",
  "runtime/node.ts",
  "generated/examples",
  "examples",
];

/** The only files that may touch something foreign: `^` in the layout. */
const FOREIGN: Readonly<Record<string, RegExp>> = {
  "@bufbuild/protobuf": /^generated\/wire\//,
  "ws": /^runtime\/bytes\/ws-package\.ts$/,
  "@opentelemetry/api": /^runtime\/interceptors\/opentelemetry\.ts$/,
  "ts-morph": /^codegen\/(passes\/(load|discover|introspect)|emit\/file-emitter)/,
  "node:":
    /^(runtime\/bytes\/(socket-|carriers|websocket-listener|ws-package)|runtime\/streams\/node-duplex\.ts|runtime\/api\/endpoints\.ts|codegen\/|examples\/)/,
};

/**
 * Emitted code (generated/examples) and what people write (examples) may use the package by its name; the interface
 * file and the code emitted for it know each other.
 */
const MUTUAL = new Set(["generated/examples", "examples"]);

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
  /** `import()`: loaded when it is first needed. */
  readonly lazy: boolean;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => posix.join(folder, name.replaceAll("\\", "/")));
}

/** The imports of a file, relative ones as paths from the root. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^"';]*?from\s+"([^"]+)"|^\s*import\s+"([^"]+)"|import\(\s*"([^"]+)"/gm,
  );
  return [...found].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[4] ?? "";
    const to = specifier.startsWith(".")
      ? relative(root, resolve(root, dirname(file), specifier))
          .replaceAll("\\", "/")
          .replace(/\.js$/, ".ts")
      : specifier;
    return { from: file, to, typeOnly: match[1] !== undefined, lazy: match[4] !== undefined };
  });
}

function floorOf(file: string): number {
  const exact = FLOORS.indexOf(file);
  return exact >= 0 ? exact : FLOORS.findIndex((floor) => !floor.endsWith(".ts") && file.startsWith(`${floor}/`));
}

const runtimeFiles = ["runtime", "generated", "examples"].flatMap(sourceFiles);
const codegenFiles = sourceFiles("codegen");

describe("the floors", () => {
  it("hold every file", () => {
    expect(runtimeFiles.filter((file) => floorOf(file) < 0)).toEqual([]);
    expect(runtimeFiles.length).toBeGreaterThan(50);
  });

  it("import only from beneath", () => {
    const upward = runtimeFiles.flatMap(importsOf).filter(({ from, to }) => {
      const [lower, upper] = [floorOf(from), floorOf(to)];
      const mutual = MUTUAL.has(FLOORS[lower] ?? "") && MUTUAL.has(FLOORS[upper] ?? "");
      return upper > lower && !mutual;
    });
    expect(upward.map(({ from, to }) => `${from} imports ${to}, which stands above it`)).toEqual([]);
  });

  it("keep runtime/ and codegen/ apart", () => {
    const across = [...runtimeFiles, ...codegenFiles]
      .flatMap(importsOf)
      .filter(({ from, to }) => from.startsWith("codegen/") !== to.startsWith("codegen/") && !isPackage(to));
    expect(across.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it("touch foreign things only in the files that are named for it", () => {
    const loose = [...runtimeFiles, ...codegenFiles].flatMap(importsOf).filter(({ from, to }) => {
      const rule = Object.entries(FOREIGN).find(
        ([prefix]) => to === prefix || to.startsWith(prefix.endsWith(":") ? prefix : `${prefix}/`),
      );
      return rule !== undefined && !rule[1].test(from);
    });
    expect(loose.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it("have no file that imports itself, by whatever way (types aside)", () => {
    const graph = new Map<string, string[]>();
    for (const file of [...runtimeFiles, ...codegenFiles]) {
      graph.set(
        file,
        importsOf(file)
          .filter(({ typeOnly, to }) => !typeOnly && !isPackage(to))
          .map(({ to }) => to),
      );
    }
    expect(findCycle(graph)?.join(" -> ")).toBeUndefined();
  });
});

describe("what a program loads when it starts", () => {
  it("is net and stream of Node: HTTP, TLS and cryptography wait until they are used", () => {
    const loaded = new Set<string>();
    const visit = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      if (isPackage(file)) return;
      for (const { to, typeOnly, lazy } of importsOf(file)) if (!typeOnly && !lazy) visit(to);
    };
    visit("runtime/node.ts");
    expect([...loaded].filter(isPackage).sort()).toEqual(["node:fs/promises", "node:net", "node:stream"]);
  });
});

/** A name that is not a path in this repository. */
function isPackage(to: string): boolean {
  return !/^(runtime|codegen|generated|examples|tests)\//.test(to);
}

/** A cycle of the graph as the files on it; undefined: there is none. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
