/**
 * Emits the codecs of unions. From   type BankEvent = { kind: "opened"; at: Date } | { kind: "moved"; ... }
 *   switch (v.kind) { case "opened": { const start = w.begin(10, ""); writeBankEventOpened(w, v); w.end(start); return; } ... }
 * The tag itself does not cross: the case of the oneof says it.
 */
import type { Category, Kind, Test, UnionCase, UnionMessage } from "../model/api-model.js";
import type { Shape } from "../model/shape.js";
import { plainText } from "../model/type-text.js";
import { tagOf, wireType } from "../model/lowering.js";
import { functions } from "./codec-functions.js";
import { dispatch, readOne } from "./field-reader.js";
import { writeOne } from "./field-writer.js";
import type { FileEmitter, Lines } from "./file-emitter.js";
import { access, lowerFirst, quoted } from "./names.js";

export function unionCodec(file: FileEmitter, message: UnionMessage): Lines[] {
  return functions(file, message, file.type(message.type), writer(file, message), reader(file, message));
}

function writer(file: FileEmitter, message: UnionMessage): Lines {
  const { distinguished, cases } = message;
  switch (distinguished.by) {
    case "tag": {
      const tag = `v${access(distinguished.property)}`;
      const name = JSON.stringify(distinguished.property);
      return [
        `w.plain(v, "");`,
        `switch (${tag}) {`,
        cases.flatMap((one): Lines =>
          caseOf(
            file,
            one,
            one.tests.map((test) => file.type(test)),
            "v",
          ),
        ),
        [
          "default:",
          [`throw w.invalid(${name}, ${quoted(expected(cases))}, (v as { readonly ${name}: unknown })[${name}]);`],
        ],
        "}",
      ];
    }
    case "category":
      return [
        `switch (${file.runtime("categoryOf")}(v)) {`,
        cases.flatMap((one): Lines =>
          caseOf(file, one, one.tests.map(plainText), `v as ${file.type(one.field.shape.type)}`),
        ),
        ["default:", [`throw w.invalid("", ${quoted(categories(cases))}, v);`]],
        "}",
      ];
    case "match": {
      return [
        distinguished.of === "objects" ? `w.plain(v, "");` : `w.array(v as readonly unknown[], "");`,
        ...cases.flatMap((one): Lines => {
          const body = [
            ...onlyOwn(file, message, one),
            ...writeCase(file, one, `v as ${file.type(one.field.shape.type)}`),
          ];
          if (!one.match || one.match.length === 0) return body;
          return [`if (${one.match.map((test) => condition(file, test)).join(" && ")}) {`, [...body, "return;"], "}"];
        }),
      ];
    }
    case "key": {
      const keys = cases.map((one) => plainText(one.tests[0]!));
      const count = keys.map((key) => `Number(${key} in v)`).join(" + ");
      return [
        `w.plain(v, "");`,
        `if (${count} !== 1) throw w.invalid("", ${quoted(`an object with one of ${keys.join(", ")}`)}, v);`,
        ...cases.flatMap((one, i): Lines => {
          const last = i === cases.length - 1;
          const body = [...onlyOwn(file, message, one), ...writeCase(file, one, "v"), ...(last ? [] : ["return;"])];
          return last ? body : [`if (${keys[i]!} in v) {`, body, "}"];
        }),
      ];
    }
  }
}

/** Without a tag, the compiler lets a value have what only another member has: it would be lost. */
function onlyOwn(file: FileEmitter, { name, cases }: UnionMessage, one: UnionCase): Lines {
  const all = cases.map((each) => namesIn(file, each.field.shape));
  const own = namesIn(file, one.field.shape);
  if (!own || !all.every((names) => names !== undefined)) return [];
  const known = [...new Set(all.flatMap((names) => [...names]))].sort();
  if (known.every((each) => own.has(each))) return [];
  const list = (names: readonly string[]): string => JSON.stringify(names).replaceAll(",", ", ");
  const constant = file.constant(`${lowerFirst(name)}Names`, "readonly string[]", list(known));
  return [`w.only(v, ${constant}, ${list([...own].sort())});`];
}

/** What the properties of an object are called; undefined where they may be called anything. */
function namesIn(file: FileEmitter, shape: Shape): ReadonlySet<string> | undefined {
  const message = shape.kind === "message" ? file.index.messages.get(shape.name) : undefined;
  if (message?.kind === "object") return new Set(message.fields.map((field) => field.name));
  if (message?.kind !== "union") return undefined;
  const names = message.cases.map((one) => namesIn(file, one.field.shape));
  const tag = message.distinguished.by === "tag" ? [message.distinguished.property] : [];
  return names.every((one) => one !== undefined) ? new Set([...tag, ...names.flatMap((one) => [...one])]) : undefined;
}

/** A question about `v`, in TypeScript. */
function condition(file: FileEmitter, { path, oneOf, noneOf, length }: Test): string {
  const value = path.reduce<string>((of, step) => `${file.runtime("part")}(${of}, ${JSON.stringify(step)})`, "v");
  if (length) {
    const [least, most] = length;
    const size = "(v as readonly unknown[]).length";
    if (least === most) return `${size} === ${least}`;
    return [...(least > 0 ? [`${size} >= ${least}`] : []), ...(most === undefined ? [] : [`${size} <= ${most}`])].join(
      " && ",
    );
  }
  if (noneOf) return noneOf.map((kind) => `${value} !== ${kind.is}`).join(" && ");
  const parts = oneOf!.map((kind) => isOfKind(file, value, kind));
  return parts.length === 1 ? parts[0]! : `(${parts.join(" || ")})`;
}

function isOfKind(file: FileEmitter, value: string, { is, literal }: Kind): string {
  if (literal) return `${value} === ${file.type(literal)}`;
  if (is === "undefined" || is === "null") return `${value} === ${is}`;
  if (is === "array") return `Array.isArray(${value})`;
  if (TYPEOF.has(is)) return `typeof ${value} === "${is}"`;
  return `${file.runtime("categoryOf")}(${value}) === "${is}"`;
}

const TYPEOF: ReadonlySet<Category> = new Set(["string", "number", "bigint", "boolean", "function"]);

function caseOf(file: FileEmitter, one: UnionCase, tests: readonly string[], value: string): Lines {
  const heads = tests.map((test) => `case ${test}:`);
  const body = writeCase(file, one, value);
  const block = body.length > 1;
  const last = heads.pop()!;
  return block ? [...heads, `${last} {`, [...body, "return;"], "}"] : [...heads, last, [...body, "return;"]];
}

function writeCase(file: FileEmitter, one: UnionCase, value: string): Lines {
  const { field } = one;
  // A cast is enough of an argument, and too little of a receiver.
  return writeOne(file, field.shape, field.number, value, `""`, undefined, file.scope());
}

function expected(cases: readonly UnionCase[]): string {
  const words = cases.flatMap((one) => one.tests.map(plainText)).sort();
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(", ")} or ${words.at(-1)!}`;
}

function categories(cases: readonly UnionCase[]): string {
  const words = cases
    .map((one) => (JSON.parse(plainText(one.tests[0]!)) as string).replace("bytes", "Uint8Array"))
    .sort();
  return `one of ${words.join(", ")}`;
}

function reader(file: FileEmitter, message: UnionMessage): Lines {
  const type = file.type(message.type);
  const scope = file.scope();
  const cases = message.cases.map((one) => ({
    tags: [tagOf(one.field.number, wireType(one.field.shape))],
    body: readOne(file, one.field.shape, `""`, undefined, scope, (value) => `v = ${value};`),
  }));
  return [
    `let v: ${type} | undefined;`,
    "while (r.more()) {",
    ["const tag = r.tag();", ...dispatch(cases, "tag")],
    "}",
    `if (v === undefined) throw r.refuse("", "no case that this side knows");`,
    "return v;",
  ];
}
