/**
 * Emits the codecs of messages. From   export interface LoginOptions { otp?: string; tags: string[] }
 *   export function writeLoginOptions(w: Writer, v: LoginOptions): void { ... }
 *   export function readLoginOptions(r: Reader): LoginOptions { ... }
 */
import type { BoxMessage, Field, Message, ObjectMessage, TupleMessage } from "../model/api-model.js";
import { text } from "../model/type-text.js";
import { crosses, isRepeated } from "../model/lowering.js";
import { dispatch, readCases } from "./field-reader.js";
import { completeField, declareField, isMandatory } from "./field-variable.js";
import { ruleConstant, writeField } from "./field-writer.js";
import { functions } from "./codec-functions.js";
import type { FileEmitter, Lines } from "./file-emitter.js";
import { type Scope, access, isInherited, literalKey, quoted } from "./names.js";
import { unionCodec } from "./union-emitter.js";

export function messageCodec(file: FileEmitter, message: Message): Lines[] {
  if (message.kind === "entry") return [];
  if (message.kind === "union") return unionCodec(file, message);
  const type = file.type(message.type);
  const writer =
    message.kind === "object"
      ? writeObject(file, message)
      : message.kind === "tuple"
        ? writeTuple(file, message)
        : writeBox(file, message);
  const reader =
    message.kind === "object"
      ? readObject(file, message)
      : message.kind === "tuple"
        ? readTuple(file, message)
        : readBox(file, message);
  return [...functions(file, message, type, writer, reader), ...itemsOf(file, message, type)];
}

/** The items of a stream are described by a pair of functions. */
function itemsOf(file: FileEmitter, message: Message, type: string): Lines[] {
  if (message.kind !== "box" || !file.usage.isStreamItem(message.name)) return [];
  const { names } = file;
  return [
    [
      `const ${names.items(message)}: ${file.runtimeType("StreamDescriptor")}<${type}> = {`,
      [`write: ${names.write(message)},`, `read: ${names.read(message)},`],
      "};",
    ],
  ];
}

// Objects

function writeObject(file: FileEmitter, message: ObjectMessage): Lines {
  const scope = file.scope();
  const { fields, oneOfSets } = message;
  if (!oneOfSets) return [`w.plain(v, "");`, ...fields.flatMap((field) => writeProperty(file, field, scope))];
  const merged = scope.name("all");
  const expected = quoted(`an object with ${setsInWords(oneOfSets)}`);
  return [
    `w.plain(v, "");`,
    `const ${merged} = v as ${file.runtimeType("Merged")}<${file.type(message.type)}>;`,
    ...hasNoSet(oneOfSets, (name) => `${merged}${access(name)}`, `throw w.invalid("", ${expected}, v);`),
    ...fields.flatMap((field) => writeProperty(file, field, scope, merged)),
  ];
}

/** Of members that were made one: that what is there would do for one of them. */
function hasNoSet(sets: readonly (readonly string[])[], value: (name: string) => string, otherwise: string): Lines {
  if (sets.length === 0) return [];
  const conditions = sets.map((set) => {
    const missing = set.map((name) => `${value(name)} === undefined`).join(" || ");
    return set.length === 1 || sets.length === 1 ? missing : `(${missing})`;
  });
  return [`if (${conditions.join(" && ")}) ${otherwise}`];
}

function setsInWords(sets: readonly (readonly string[])[]): string {
  return sets.map((set) => set.map((name) => JSON.stringify(name)).join(" and ")).join(" or ");
}

export function writeProperty(file: FileEmitter, field: Field, scope: Scope, object = "v"): Lines {
  if (!isInherited(field.name)) return writeField(file, field, object + access(field.name), scope);
  const local = scope.name(field.name === "__proto__" ? "proto" : `${field.name}Value`);
  const own = `Object.hasOwn(${object}, ${JSON.stringify(field.name)})`;
  return [
    `const ${local} = ${own} ? ${object}${access(field.name)} : undefined;`,
    ...writeField(file, field, field.absent ? local : `${local}!`, scope),
  ];
}

function readObject(file: FileEmitter, message: ObjectMessage): Lines {
  const type = file.type(message.type);
  const { fields } = message;
  const { lines, locals } = readFields(file, fields);
  const isLater = (field: Field): boolean => crosses(field) && field.optionalKey && field.absent;
  const required = fields.filter((field) => !isLater(field) && !(field.optionalKey && !crosses(field)));
  const later = fields.filter(isLater);
  const literal = objectLiteral(required.map((field) => property(file, field, locals)));
  if (later.length === 0) return [...lines, `return ${literal};`];
  const merged = message.oneOfSets && `Partial<${file.runtimeType("Merged")}<${type}>>`;
  const mutable = later.some((field) => field.readonly) || merged !== undefined;
  const target = mutable ? `${file.runtimeType("Mutable")}<${merged ?? type}>` : type;
  // To the compiler, every literal has a `constructor` that is a function.
  const inherited = later.some((field) => isInherited(field.name));
  const sets = message.oneOfSets ?? [];
  const localOf = (name: string): string => locals.get(fields.find((one) => one.name === name)!) ?? "";
  return [
    ...lines,
    ...hasNoSet(sets, localOf, `throw r.refuse("", ${quoted(`nothing that is ${setsInWords(sets)}`)});`),
    inherited ? `const v = ${literal} as ${target};` : `const v: ${target} = ${literal};`,
    ...later.map((field) => {
      const local = locals.get(field)!;
      if (field.name === "__proto__")
        return `if (${local} !== undefined) ${file.runtime("setOwn")}(v, "__proto__", ${local});`;
      return `if (${local} !== undefined) v${access(field.name)} = ${local};`;
    }),
    merged === undefined ? "return v;" : `return v as ${type};`,
  ];
}

function objectLiteral(properties: readonly string[]): string {
  if (properties.length === 0) return "{}";
  const line = `{ ${properties.join(", ")} }`;
  return line.length <= 100 ? line : `{\n${properties.map((one) => `  ${one},\n`).join("")}}`;
}

function property(file: FileEmitter, field: Field, locals: ReadonlyMap<Field, string>): string {
  const key = literalKey(field.name);
  if (field.shape.kind === "constant") return `${key}: ${file.type(field.shape.literal)}`;
  const local = locals.get(field)!;
  return key === local ? local : `${key}: ${local}`;
}

// Tuples

function writeTuple(file: FileEmitter, message: TupleMessage): Lines {
  const scope = file.scope();
  const { fields, rest } = message;
  const fixed = rest ? fields.slice(0, -1) : fields;
  const least = fixed.filter((field) => !field.optionalKey).length;
  const bounds = [least > 0 ? `v.length < ${least}` : "", rest ? "" : `v.length > ${fields.length}`].filter(
    (one) => one !== "",
  );
  const expected = rest
    ? `at least ${least} elements`
    : least === fields.length
      ? `${least} elements`
      : `${least} to ${fields.length} elements`;
  // The compiler knows the length, and would narrow the array to never.
  const size = "(v as readonly unknown[]).length";
  const check = bounds.map((one) => one.replace("v.length", size)).join(" || ");
  return [
    `w.array(v, "");`,
    ...(check === "" ? [] : [`if (${check}) throw w.invalid("", "${expected}", v);`]),
    ...fixed.flatMap((field, i) => writeField(file, field, `v[${i}]`, scope)),
    ...(rest
      ? writeField(file, fields.at(-1)!, `v.slice(${fixed.length}) as ${file.type(fields.at(-1)!.shape.type)}`, scope)
      : []),
  ];
}

function readTuple(file: FileEmitter, message: TupleMessage): Lines {
  const { fields, rest } = message;
  const { lines, locals } = readFields(file, fields);
  const values = fields.map((field) =>
    field.shape.kind === "constant" ? file.type(field.shape.literal) : locals.get(field)!,
  );
  const fixed = rest ? values.slice(0, -1) : values;
  const optionalFrom = fields.findIndex((field) => field.optionalKey);
  const cast = ` as ${file.type(message.type)}`;
  if (rest) {
    const all = `[${[...fixed, `...${values.at(-1)!}`].join(", ")}]`;
    if (optionalFrom === -1) return [...lines, `return ${all};`];
    return [
      ...lines,
      `if (${values.at(-1)!}.length > 0) return ${all}${cast};`,
      ...shortened(fixed, optionalFrom, cast),
    ];
  }
  if (optionalFrom === -1) return [...lines, `return [${fixed.join(", ")}];`];
  return [...lines, ...shortened(fixed, optionalFrom, cast)];
}

function shortened(values: readonly string[], optionalFrom: number, cast: string): string[] {
  const lines: string[] = [];
  for (let length = values.length; length > optionalFrom; length--) {
    lines.push(`if (${values[length - 1]!} !== undefined) return [${values.slice(0, length).join(", ")}]${cast};`);
  }
  return [...lines, `return [${values.slice(0, optionalFrom).join(", ")}]${cast};`];
}

// Boxes

function writeBox(file: FileEmitter, message: BoxMessage): Lines {
  return writeField(file, message.fields[0]!, "v", file.scope());
}

function readBox(file: FileEmitter, message: BoxMessage): Lines {
  return readValue(file, message.fields[0]!);
}

/** The body of a function that reads a message with one field, and returns the field's value. */
export function readValue(file: FileEmitter, field: Field, missing = "value"): Lines {
  if (field.shape.kind === "constant")
    return [`while (r.more()) r.skip(r.tag());`, `return ${file.type(field.shape.literal)};`];
  const { lines, locals } = readFields(file, [field], missing);
  return [...lines, `return ${locals.get(field)!};`];
}

/** Declares a variable for each field, loops over the tags, and refuses what lacks something mandatory. */
export function readFields(
  file: FileEmitter,
  fields: readonly Field[],
  missing = "",
): { lines: Lines; locals: ReadonlyMap<Field, string> } {
  const scope = file.scope();
  const present = fields.filter(crosses);
  const locals = new Map(
    present.map((field) => [field, scope.name(field.name || (isRepeated(field.shape) ? "values" : "value"))]),
  );
  const cases = present.flatMap((field) => readCases(file, field, locals.get(field)!, scope));
  const declared = present.map((field) => declareField(file, field, locals.get(field)!));
  const loop: Lines =
    cases.length === 0
      ? ["while (r.more()) r.skip(r.tag());"]
      : ["while (r.more()) {", ["const tag = r.tag();", ...dispatch(cases, "tag")], "}"];
  const checks = present
    .filter(isMandatory)
    .map(
      (field) => `if (${locals.get(field)!} === undefined) throw r.missing(${JSON.stringify(field.name || missing)});`,
    );
  const rules = present
    .filter((field) => field.rule)
    .map(
      (field) =>
        `${file.runtime("checkRule")}(r, ${locals.get(field)!}, ${ruleConstant(file, field)}, ${JSON.stringify(field.name)});`,
    );
  const completed = present.flatMap((field) => completeField(file, field, locals.get(field)!));
  return { lines: [...declared, ...loop, ...completed, ...checks, ...rules], locals };
}

/** `T`, as the type of a variable that a field's value is kept in. */
export function typeOfField(file: FileEmitter, field: Field): string {
  return file.type(text(field.shape.type, (field.nullable ? " | null" : "") + (field.absent ? " | undefined" : "")));
}
