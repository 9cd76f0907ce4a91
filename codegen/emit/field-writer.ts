/**
 * How one field is written: straight lines of code, no closures. From   tags: string[]   (number 2)
 *   const tags = w.array(v.tags, "tags");
 *   for (let i = 0; i < tags.length; i++) w.string(18, tags[i]!, "tags", i);
 */
import type { Field } from "../model/api-model.js";
import type { Scalar, Shape } from "../model/shape.js";
import { plainText } from "../model/type-text.js";
import {
  crosses,
  hasEmptyCompanion,
  hasEmptyString,
  hasNullCompanion,
  isRepeated,
  packedType,
  tagOf,
  wireType,
} from "../model/lowering.js";
import { regexLiteral, ruleLiteral } from "../model/rule.js";
import type { FileEmitter, Lines } from "./file-emitter.js";
import { type Scope, lowerFirst, quoted } from "./names.js";

export const BIGINTS: readonly Scalar[] = ["bigint", "int64", "uint64", "sint64", "fixed64", "sfixed64"];

/** @param value an expression without side effects, so that it may stand twice. */
export function writeField(file: FileEmitter, field: Field, value: string, scope: Scope): Lines {
  const lines = writeChecked(file, field, value, scope);
  if (!field.rule) return lines;
  return [
    `${file.runtime("checkRule")}(w, ${value}, ${ruleConstant(file, field)}, ${JSON.stringify(field.name)});`,
    ...lines,
  ];
}

/** The constant that holds what the author's tags demand. */
export function ruleConstant(file: FileEmitter, { rule }: Field): string {
  const { name, rule: demanded } = rule!;
  return file.constant(`${lowerFirst(name)}Rule`, file.runtimeType("Rule"), ruleLiteral(demanded));
}

function writeChecked(file: FileEmitter, field: Field, value: string, scope: Scope): Lines {
  const name = JSON.stringify(field.name);
  const { shape } = field;
  if (!crosses(field)) return field.absent || field.shape.kind !== "constant" ? [] : checkConstant(file, field, value);
  if (isRepeated(shape) && !field.absent && !field.nullable) return writeRepeated(file, field, value, scope);
  const body = isRepeated(shape)
    ? writeRepeated(file, field, value, scope)
    : writeOne(file, shape, field.number, value, name, undefined, scope);
  if (hasNullCompanion(field)) {
    const setNull = `w.bool(${tagOf(field.nullNumber, 0)}, true, ${name});`;
    const otherwise = field.absent ? `else if (${value} !== undefined)` : "else";
    return [
      `if (${value} === null) ${setNull}`,
      ...(isOneLine(body) ? [`${otherwise} ${body[0]}`] : [`${otherwise} {`, body, "}"]),
    ];
  }
  const condition = field.absent
    ? `${value} !== undefined`
    : field.nullable
      ? `${value} !== null`
      : field.late
        ? ""
        : unlessDefault(shape, value);
  if (condition === "") return body;
  return isOneLine(body) ? [`if (${condition}) ${body[0]}`] : [`if (${condition}) {`, body, "}"];
}

export function isOneLine(lines: Lines): lines is readonly [string] {
  return lines.length === 1 && typeof lines[0] === "string";
}

function checkConstant(file: FileEmitter, field: Field, value: string): Lines {
  if (field.shape.kind !== "constant") return [];
  const expected = plainText(field.shape.literal);
  return [
    `if (${value} !== ${file.type(field.shape.literal)}) throw w.invalid(${JSON.stringify(field.name)}, ${quoted(expected)}, ${value});`,
  ];
}

/** What a required scalar must not be for it to be written: its zero is what an absent field means. */
function unlessDefault(shape: Shape, value: string): string {
  // What `unknown` holds may be undefined, which is what its absence means.
  if (shape.kind === "value" && shape.only === undefined) return `${value} !== undefined`;
  if (shape.kind !== "scalar" || shape.scalar === "bytes") return "";
  if (shape.scalar === "string" && !hasEmptyString(shape)) return "";
  // A template literal type has no overlap with "".
  if (shape.scalar === "string") return shape.cast ? `(${value} as string) !== ""` : `${value} !== ""`;
  // Where none of the flags is 0, neither is the type to the compiler.
  if (shape.mask !== undefined) return `(${value} as number) !== 0`;
  if (shape.scalar === "bool") return `${value} !== false`;
  if (shape.scalar === "double" || shape.scalar === "float") return `!Object.is(${value}, 0)`;
  return `${value} !== ${BIGINTS.includes(shape.scalar) ? "0n" : "0"}`;
}

/** Any string: one without a template that it must match. */
export function isPlainText(shape: Shape): boolean {
  return shape.kind === "scalar" && shape.scalar === "string" && shape.template === undefined;
}

export function templateConstant(file: FileEmitter, template: string): string {
  return file.constant("template", "RegExp", regexLiteral(template));
}

const BUILTINS = { date: "Date", url: "Url", regexp: "RegExp", error: "Error" } as const;

/** What the functions are called that write and read a value which protobuf has no scalar for. */
export function builtinOf(
  shape: Extract<Shape, { kind: "date" | "url" | "regexp" | "error" | "value" }>,
): (typeof BUILTINS)[keyof typeof BUILTINS] | "AnyObject" | "Value" {
  if (shape.kind === "value") return shape.only === "object" ? "AnyObject" : "Value";
  return BUILTINS[shape.kind];
}

export function hex(mask: number): string {
  return `0x${mask.toString(16)}`;
}

/** One value behind its tag. */
export function writeOne(
  file: FileEmitter,
  shape: Shape,
  number: number,
  value: string,
  name: string,
  key: string | undefined,
  scope: Scope,
): Lines {
  const tag = tagOf(number, wireType(shape));
  const rest = key === undefined ? name : `${name}, ${key}`;
  switch (shape.kind) {
    case "scalar":
      if (shape.mask !== undefined)
        return [`${file.runtime("writeFlags")}(w, ${tag}, ${value}, ${hex(shape.mask)}, ${rest});`];
      if (shape.template !== undefined)
        return [
          `${file.runtime("writeMatching")}(w, ${tag}, ${value}, ${templateConstant(file, shape.template)}, ${rest});`,
        ];
      if (shape.scalar === "bigint") return [`${file.runtime("writeBigint")}(w, ${tag}, ${value}, ${rest});`];
      return [`w.${shape.scalar}(${tag}, ${value}, ${rest});`];
    case "date":
    case "url":
    case "regexp":
    case "error":
    case "value":
      return [`${file.runtime(`write${builtinOf(shape)}`)}(w, ${tag}, ${value}, ${rest});`];
    case "buffer":
      return shape.buffer === "Buffer"
        ? [`w.bytes(${tag}, ${value}, ${rest});`]
        : [
            `${file.runtime("writeBinary")}(w, ${tag}, ${value}, ${name}, "${shape.buffer}"${key === undefined ? "" : `, ${key}`});`,
          ];
    case "enum":
      return [`w.enum(${tag}, ${file.emitted(shape.name, file.names.enumNumber(shape.name))}(w, ${value}, ${rest}));`];
    case "message": {
      const at = scope.name("start");
      const write = file.emitted(shape.name, file.names.write(shape.name));
      return [`const ${at} = w.begin(${tag}, ${rest});`, `${write}(w, ${value});`, `w.end(${at});`];
    }
    case "remote":
    case "function":
      return [
        `w.object(${tag}, ${file.emitted(shape.service, file.names.descriptor(shape.service))}, ${value}, ${rest});`,
      ];
    case "stream":
      return [
        `${file.runtime("writeStream")}(w, ${tag}, ${file.emitted(shape.items, file.names.items(shape.items))}, ${value}, ${rest});`,
      ];
    case "byteStream":
      return [`${file.runtime("writeByteStream")}(w, ${tag}, ${value}, ${rest});`];
    default:
      throw new Error(`a ${shape.kind} is not one value`);
  }
}

function writeRepeated(file: FileEmitter, field: Field, value: string, scope: Scope): Lines {
  const { shape, number } = field;
  if (!isRepeated(shape)) return [];
  const name = JSON.stringify(field.name);
  if (shape.kind === "typedArray") {
    const written = `${file.runtime("writeTypedArray")}(w, ${tagOf(number, 2)}, ${value}, ${name}, "${shape.array}")`;
    if (!hasEmptyCompanion(field)) return [`${written};`];
    return [`if (${written}.length === 0) w.bool(${tagOf(field.emptyNumber, 0)}, true, ${name});`];
  }
  if (shape.kind === "list" && isPlainText(shape.element)) {
    const written = `w.strings(${tagOf(number, 2)}, ${value}, ${name})`;
    return [
      hasEmptyCompanion(field)
        ? `if (${written}.length === 0) w.bool(${tagOf(field.emptyNumber, 0)}, true, ${name});`
        : `${written};`,
    ];
  }
  const local = scope.name(field.name || "values");
  const empty = (size: string): Lines =>
    hasEmptyCompanion(field)
      ? [`if (${local}.${size} === 0) w.bool(${tagOf(field.emptyNumber, 0)}, true, ${name});`]
      : [];
  if (shape.kind === "list" || shape.kind === "set") {
    const check = `const ${local} = w.${shape.kind === "list" ? "array" : "set"}(${value}, ${name});`;
    const size = shape.kind === "list" ? "length" : "size";
    const packed = packedType(shape.element);
    if (packed === "enum") {
      const numberOf =
        shape.element.kind === "enum"
          ? file.emitted(shape.element.name, file.names.enumNumber(shape.element.name))
          : "";
      const list = shape.kind === "list" ? local : `[...${local}]`;
      return [
        check,
        `w.packed(${tagOf(number, 2)}, ${list}.map((one, i) => ${numberOf}(w, one, ${name}, i)), ${name}, "enum");`,
        ...empty(size),
      ];
    }
    if (packed !== undefined)
      return [check, `w.packed(${tagOf(number, 2)}, ${local}, ${name}, "${packed}");`, ...empty(size)];
    if (shape.kind === "list") {
      const index = scope.name("i");
      const body = writeOne(file, shape.element, number, `${local}[${index}]!`, name, index, scope);
      return [check, ...loop(`for (let ${index} = 0; ${index} < ${local}.length; ${index}++)`, body), ...empty(size)];
    }
    const index = scope.name("index");
    const item = scope.name("element");
    const body = [...writeOne(file, shape.element, number, item, name, index, scope), `${index}++;`];
    return [check, `let ${index} = 0;`, `for (const ${item} of ${local}) {`, body, "}", ...empty(size)];
  }
  return writeEntries(file, field, value, local, scope, empty);
}

function loop(head: string, body: Lines): Lines {
  return isOneLine(body) ? [`${head} ${body[0]}`] : [`${head} {`, body, "}"];
}

function writeEntries(
  file: FileEmitter,
  field: Field,
  value: string,
  local: string,
  scope: Scope,
  empty: (size: string) => Lines,
): Lines {
  const { shape, number } = field;
  const name = JSON.stringify(field.name);
  const [key, item, start] = [scope.name("key"), scope.name("value"), scope.name("entry")];
  const isMap = shape.kind === "map";
  if (!isMap && shape.kind !== "record") return [];
  const plainKey = !isMap || (shape.key.kind === "scalar" && shape.key.scalar !== "bytes");
  const begin = `const ${start} = w.begin(${tagOf(number, 2)}, ${name}${plainKey ? `, ${key}` : ""});`;
  const keyShape = isMap ? shape.key : undefined;
  let writeKey: Lines;
  if (keyShape) {
    writeKey = conditional(unlessDefault(keyShape, key), writeOne(file, keyShape, 1, key, `"key"`, undefined, scope));
  } else if (shape.kind === "record" && shape.key === "number") {
    const numeric = scope.name("number");
    writeKey = [
      `const ${numeric} = Number(${key});`,
      `if (String(${numeric}) !== ${key}) throw w.invalid("key", "an integer", ${key});`,
      `if (${numeric} !== 0) w.int53(8, ${numeric}, "key");`,
    ];
  } else {
    writeKey = [`if (${key} !== "") w.string(10, ${key}, "key");`];
  }
  // An entry without a value would hold an empty Value to other implementations, and not undefined.
  const writeValue = conditional(
    shape.value.kind === "value" ? "" : unlessDefault(shape.value, item),
    writeOne(file, shape.value, 2, item, `""`, undefined, scope),
  );
  const entries = isMap
    ? `w.map(${value}, ${name})`
    : `w.record(${value}${shape.key === "number" ? ` as Record<string, ${file.type(shape.value.type)}>` : ""}, ${name})`;
  const body: Lines = [begin, ...writeKey, ...writeValue, `w.end(${start});`];
  const check = hasEmptyCompanion(field);
  const source = check ? local : entries;
  return [
    ...(check ? [`const ${local} = ${entries};`] : []),
    `for (const [${key}, ${item}] of ${source}) {`,
    body,
    "}",
    ...empty(isMap ? "size" : "length"),
  ];
}

function conditional(condition: string, body: Lines): Lines {
  if (condition === "") return body;
  return isOneLine(body) ? [`if (${condition}) ${body[0]}`] : [`if (${condition}) {`, body, "}"];
}
