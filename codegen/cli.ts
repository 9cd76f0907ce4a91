/**
 * The command line: arguments in, an exit code out. Each command is a file in commands/, loaded when it is needed: the
 * generator brings a compiler, which is an optional dependency of the package.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { nearest } from "./base/nearest.js";
import { EXIT, type Terminal, UsageError, printFailure } from "./commands/terminal.js";
import type { Format } from "./diagnostics.js";

export { EXIT, type Terminal } from "./commands/terminal.js";

const HELP = `peerwire generate   turns TypeScript interfaces into typed stubs, codecs and a .proto
  --check             write nothing; fail where a generated file is not what it should be
  --watch             generate again whenever a source changes
  --report            say of each member what is carried by value, what by reference, what is refused and why
  --allow-breaking    let a field change its type or number, though deployed peers would misread it

peerwire breaking   says of each change whether it is safe, breaks callers' source, or changes meaning
  --against WHAT      a git commit, branch or tag, or a folder with the project as it was

peerwire init       adds a config and an example interface to an existing project; overwrites nothing

  --project DIR       where the config (or tsconfig.json) is; without it, found by walking up
  --format FORMAT     how problems are printed: pretty, json or github
  --help, --version

The config is peerwire.config.json, or the key "peerwire" of package.json.
Exit codes: 0 done, 1 errors in the sources, 2 wrong usage or config, 3 stale files or a breaking change.
`;

type Options = NonNullable<ParseArgsConfig["options"]>;

const COMMON = {
  project: { type: "string" },
  format: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** The options of each command. */
const COMMANDS = {
  generate: {
    ...COMMON,
    "check": { type: "boolean" },
    "watch": { type: "boolean" },
    "report": { type: "boolean" },
    "allow-breaking": { type: "boolean" },
  },
  breaking: { ...COMMON, against: { type: "string" } },
  init: { project: COMMON.project, help: COMMON.help },
} as const satisfies Readonly<Record<string, Options>>;

type Command = keyof typeof COMMANDS;

export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  let format: Format = "pretty";
  try {
    const [word, ...rest] = argv;
    if (word === undefined || word === "--help" || word === "-h") terminal.out(HELP);
    else if (word === "--version") terminal.out(`${packageVersion()}\n`);
    else {
      const command = commandNamed(word);
      const values = valuesOf(command, rest);
      if (values["help"]) {
        terminal.out(HELP);
        return EXIT.ok;
      }
      format = formatOf(values["format"]);
      return await start(command, values, format, terminal);
    }
    return EXIT.ok;
  } catch (error) {
    printFailure(error, format, terminal);
    return EXIT.usage;
  }
}

function commandNamed(word: string): Command {
  const names = Object.keys(COMMANDS) as Command[];
  const found = names.find((one) => one === word);
  if (found) return found;
  if (word.startsWith("-")) throw new UsageError(`the command comes before its options: peerwire generate ${word}`);
  const meant = nearest(word, names);
  throw new UsageError(
    `no such command: ${word}; ${meant ? `did you mean ${meant}?` : `there are ${names.join(", ")}`}`,
  );
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function valuesOf(command: Command, args: readonly string[]): Values {
  const options: Options = COMMANDS[command];
  try {
    return parseArgs({ args: [...args], options }).values as Values;
  } catch (error) {
    const unknown = /Unknown option '(--?[^' ]+)'/.exec((error as Error).message)?.[1];
    if (unknown === undefined) throw new UsageError(`${command}: ${(error as Error).message}`);
    const names = Object.keys(options).map((one) => `--${one}`);
    const meant = nearest(unknown, names);
    throw new UsageError(
      `${command} has no ${unknown}; ${meant ? `did you mean ${meant}?` : `there are ${names.join(", ")}`}`,
    );
  }
}

function formatOf(value: string | boolean | undefined): Format {
  if (value === undefined || value === "pretty" || value === "json" || value === "github") return value ?? "pretty";
  throw new UsageError(`--format ${value}: there are pretty, json and github`);
}

async function start(command: Command, values: Values, format: Format, terminal: Terminal): Promise<number> {
  const project = typeof values["project"] === "string" ? { project: values["project"] } : {};
  const has = (name: string): boolean => values[name] === true;
  switch (command) {
    case "generate": {
      if (has("check") && has("watch")) {
        throw new UsageError("--check and --watch exclude each other: one writes nothing");
      }
      const { generateCommand } = await load(() => import("./commands/generate-command.js"));
      const flags = { check: has("check"), watch: has("watch"), report: has("report") };
      return await generateCommand({ ...flags, allowBreaking: has("allow-breaking"), format, ...project }, terminal);
    }
    case "breaking": {
      const { against } = values;
      if (typeof against !== "string" || against === "") {
        throw new UsageError("breaking needs --against: a git commit, branch or tag, or a folder");
      }
      const { breakingCommand } = await load(() => import("./commands/breaking-command.js"));
      return breakingCommand({ against, format, ...project }, terminal);
    }
    case "init": {
      const { initCommand } = await import("./commands/init-command.js");
      return initCommand(project.project, terminal);
    }
  }
}

async function load<T>(module: () => Promise<T>): Promise<T> {
  try {
    return await module();
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (code === "ERR_MODULE_NOT_FOUND" && String(message).includes("'ts-morph'")) {
      throw new UsageError("generating needs ts-morph, which reads TypeScript: npm i -D ts-morph");
    }
    throw error;
  }
}

function packageVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        name?: string;
        version?: string;
      };
      if (name === "peerwire") return version ?? "0.0.0";
    } catch {
      // Not here.
    }
    if (folder === dirname(folder)) return "0.0.0";
  }
}
