/** What the compiler makes of emitted stubs: what must compile, and what must not. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import ts from "typescript";
import { workspace } from "./support/workspace.js";

const API = `
/** The bank.
 * @remote
 */
export interface Bank {
  /**
   * Opens a session.
   * @param user who
   */
  login(user: string): Promise<Session>;
  same(session: Session): Promise<Session>;
  total(): Promise<number>;
  count(to: number): AsyncGenerator<number>;
  note(text: string): void;
  sessions(): Promise<Session[]>;
  rows(): Promise<{ all: readonly Row[]; names: string[]; maybe?: Session[] }>;
  /** From 0 to 1. */
  get rate(): Promise<number>;
  set rate(value: number | Promise<number>);
  readonly main: Promise<Session>;
  /** Makes one. */
  readonly Session: new (name: string) => Session;
}
export interface Row { label: string; session: Session; spare?: Session }
/** @remote */
export interface Session {
  balance(): Promise<bigint>;
  child(name: string): Promise<Session>;
}
`;

const USES: readonly (readonly [what: string, code: string, error: number])[] = [
  ["a call", "await bank.login('a');", 0],
  ["pipelining", "const b: bigint = await bank.login('a').child('b').child('c').balance(); void b;", 0],
  ["the promise of a reference as an argument", "await bank.same(bank.login('a'));", 0],
  ["a stub where the interface is wanted", "const one: api.Bank = bank; void one;", 0],
  ["a generator", "for await (const n of bank.count(3)) { const m: number = n; void m; }", 0],
  ["disposal", "{ using session = await bank.login('a'); void session; }", 0],
  [
    "an implementation",
    "class Impl implements api.Session { async balance(): Promise<bigint> { return 1n; } async child(): Promise<api.Session> { return this; } } void Impl;",
    0,
  ],
  ["a property", "const r: number = await bank.rate; bank.rate = r; bank.rate = bank.rate; await bank.setRate(1);", 0],
  ["a property on a promise", "const b: bigint = await bank.main.child('a').balance(); void b;", 0],
  [
    "a class",
    "using s: api.Session & Disposable = new bank.Session('a'); const b: bigint = await s.balance(); void b;",
    0,
  ],
  ["assigning what can only be read", "bank.main = bank.login('a');", 2540],
  ["assigning another type", "bank.rate = 'fast';", 2322],
  ["a wrong argument of a class", "new bank.Session(3);", 2345],
  ["a class without new", "bank.Session('a');", 2348],
  [
    "an implementation with properties and a class",
    "class Own implements Pick<api.Bank, 'rate' | 'main' | 'Session'> { rate = Promise.resolve(1); get main(): Promise<api.Session> { throw 1; } readonly Session = class implements api.Session { constructor(readonly name: string) {} async balance(): Promise<bigint> { return 1n; } async child(): Promise<api.Session> { return this; } }; } void Own;",
    0,
  ],
  ["a wrong argument", "await bank.login(3);", 2345],
  ["a missing argument", "await bank.login();", 2554],
  ["pipelining on what is no reference", "await bank.total().toFixed();", 2339],
  ["a member that is not there", "await bank.login('a').withdraw();", 2339],
  ["the result of a one-way method", "const n: number = bank.note('a'); void n;", 2322],
  [
    "a missing handler method",
    "class Impl implements api.Session { async balance(): Promise<bigint> { return 1n; } } void Impl;",
    2420,
  ],
  [
    "a handler of the wrong type",
    "class Impl implements api.Session { async balance(): Promise<number> { return 1; } async child(): Promise<api.Session> { throw 1; } } void Impl;",
    2416,
  ],
  ["a map", "const all: bigint[] = await bank.sessions().map((one) => one.balance()); void all;", 0],
  [
    "a map of a chain",
    "const all: bigint[] = await bank.sessions().map((one) => one.child('a').balance()); void all;",
    0,
  ],
  [
    "a map's shape",
    "const all: { name: string; one: api.Session; sum: bigint }[] = await bank.sessions().map((one) => ({ name: 'x', one, sum: one.balance() })); void all;",
    0,
  ],
  ["a map's references", "const [one] = await bank.sessions().map((each) => each.child('a')); one?.dispose();", 0],
  [
    "an item as an argument",
    "const all: api.Session[] = await bank.sessions().map((one) => bank.same(one)); void all;",
    0,
  ],
  [
    "a map over a list inside a value",
    "const all: bigint[] = await bank.rows().all.map(({ session }) => session.balance()); void all;",
    0,
  ],
  [
    "a map over a map",
    "const all: bigint[] = await bank.sessions().map((one) => ({ at: one.child('a') })).map(({ at }) => at.balance()); void all;",
    0,
  ],
  ["a map's options", "await bank.sessions().map((one) => one.balance(), { timeoutMs: 5 });", 0],
  ["the list itself", "const all: api.Session[] = await bank.sessions(); void all;", 0],
  ["a result taken for its value", "await bank.sessions().map((one) => one.balance() + 1n);", 2365],
  ["a result as an argument", "await bank.sessions().map((one) => one.child(one.balance()));", 2345],
  ["a member that an item does not have", "await bank.sessions().map((one) => one.withdraw());", 2339],
  ["an item's data", "await bank.rows().all.map((row) => row.label);", 2339],
  ["what an item may lack", "await bank.rows().all.map((row) => row.spare.balance());", 2339],
  ["a map over what holds no references", "await bank.rows().names.map(() => 1);", 2339],
  ["a map over a list that may be absent", "await bank.rows().maybe.map(() => 1);", 2339],
  [
    "the results of a map as what they are not",
    "const all: string[] = await bank.sessions().map((one) => one.balance()); void all;",
    2322,
  ],
  ["$call from outside", "bank.$call(0 as never, []);", 2445],
];

const space = workspace({ "api.ts": API }, {}, ["node"]);
let errors: Map<number, number[]>;

beforeAll(() => {
  expect(space.generate().diagnostics).toEqual([]);
  const head = 'import type * as api from "./api.js";\nimport type { BankStub } from "./generated/api.rpc.js";\n';
  for (const [i, [, code]] of USES.entries()) {
    space.write({
      [`use${i}.ts`]: `${head}export async function use(bank: BankStub, own?: api.Bank): Promise<void> {\n  void [own, bank];\n  ${code}\n}\n`,
    });
  }
  const path = join(space.folder, "tsconfig.json");
  const parsed = ts.parseJsonConfigFileContent(
    ts.readConfigFile(path, (name) => ts.sys.readFile(name)).config,
    ts.sys,
    space.folder,
  );
  const program = ts.createProgram(parsed.fileNames, parsed.options);
  errors = new Map(
    USES.map((_, i) => {
      const file = program.getSourceFile(join(space.folder, `use${i}.ts`));
      return [
        i,
        ts
          .getPreEmitDiagnostics(program, file)
          .filter((one) => one.file === file)
          .map((one) => one.code),
      ];
    }),
  );
});

describe("an emitted stub", () => {
  it.each(USES.map(([what, , error], i) => [what, error === 0 ? "compiles" : "is refused", i] as const))(
    "%s %s",
    (_what, _verdict, i) => {
      const error = USES[i]![2];
      expect(errors.get(i)).toEqual(error === 0 ? [] : [error]);
    },
  );

  it("keeps the author's documentation, and drops the generator's tags", () => {
    const text = space.read("generated/api.rpc.ts");
    expect(text).toContain(
      "  /**\n   * Opens a session.\n   * @param user who\n   */\n  login(user: string): SessionPromise {",
    );
    expect(text).not.toContain("@remote");
  });
});
