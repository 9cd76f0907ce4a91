/**
 * How one field is read: a branch for each of its tags, into its variable (field-variable.ts). From
 *   tags: Date[]   (number 2)
 *   case 18: r.element("tags"); tags.push(readDate(r, "tags", tags.length)); break;
 */
import type { Field } from "../model/api-model.js";
import {
  crosses,
  hasEmptyCompanion,
  hasNullCompanion,
  isRepeated,
  packedType,
  showsAbsence,
  tagOf,
  wireType,
} from "../model/lowering.js";
import type { Shape } from "../model/shape.js";
import { completeField, declareField, emptyOf, isMandatory, isReplaced } from "./field-variable.js";
import { builtinOf, hex, isOneLine, isPlainText, templateConstant } from "./field-writer.js";
import type { FileEmitter, Lines } from "./file-emitter.js";
import type { Scope } from "./names.js";

export interface ReadCase {
  readonly tags: readonly number[];
  readonly body: Lines;
}

export function readCases(file: FileEmitter, field: Field, local: string, scope: Scope): ReadCase[] {
  if (!crosses(field)) return [];
  const { shape, number } = field;
  const name = JSON.stringify(field.name);
  const cases: ReadCase[] = [];
  if (isRepeated(shape)) {
    cases.push(readRepeated(file, field, local, scope));
    if (hasEmptyCompanion(field)) {
      cases.push({
        tags: [tagOf(field.emptyNumber, 0)],
        body: [`if (r.bool(${name})) ${local} ??= ${emptyOf(shape)};`],
      });
    }
  } else {
    cases.push({
      tags: [tagOf(number, wireType(shape))],
      body: readOne(file, shape, name, undefined, scope, (value) => `${local} = ${value};`),
    });
  }
  if (hasNullCompanion(field))
    cases.push({ tags: [tagOf(field.nullNumber, 0)], body: [`if (r.bool(${name})) ${local} = null;`] });
  return cases;
}

/** Reads one value, whose tag has been read, and puts it where `store` says. */
export function readOne(
  file: FileEmitter,
  shape: Shape,
  name: string,
  key: string | undefined,
  scope: Scope,
  store: (value: string) => string,
): Lines {
  const rest = key === undefined ? name : `${name}, ${key}`;
  switch (shape.kind) {
    case "scalar": {
      const typed = (value: string): string => (shape.cast ? `${value} as ${file.type(shape.type)}` : value);
      if (shape.mask !== undefined)
        return [store(typed(`${file.runtime("readFlags")}(r, ${hex(shape.mask)}, ${rest})`))];
      if (shape.template !== undefined)
        return [store(typed(`${file.runtime("readMatching")}(r, ${templateConstant(file, shape.template)}, ${rest})`))];
      if (shape.scalar === "bigint") return [store(typed(`${file.runtime("readBigint")}(r, ${rest})`))];
      const keyed = shape.scalar === "string" || shape.scalar === "bytes";
      const value = `r.${shape.scalar}(${keyed ? rest : name})`;
      return [store(typed(value))];
    }
    case "date":
    case "url":
    case "regexp":
    case "error":
    case "value":
      return [store(`${file.runtime(`read${builtinOf(shape)}`)}(r, ${rest})`)];
    case "buffer":
      return [
        store(
          shape.buffer === "Buffer"
            ? `${file.runtime("readNodeBuffer")}(r, ${rest})`
            : `${file.runtime("readBinary")}(r, ${name}, "${shape.buffer}"${key === undefined ? "" : `, ${key}`})`,
        ),
      ];
    case "enum":
      return [store(`${file.emitted(shape.name, file.names.enumValue(shape.name))}(r, r.enum(${name}), ${name})`)];
    case "message": {
      const outer = scope.name("end");
      const read = file.emitted(shape.name, file.names.read(shape.name));
      return [`const ${outer} = r.enter(${rest});`, store(`${read}(r)`), `r.leave(${outer});`];
    }
    case "remote":
    case "function":
      return [store(`r.object(${file.emitted(shape.service, file.names.descriptor(shape.service))}, ${rest})`)];
    case "stream":
      return [
        store(`${file.runtime("readStream")}(r, ${file.emitted(shape.items, file.names.items(shape.items))}, ${rest})`),
      ];
    case "byteStream":
      return [store(`${file.runtime("readByteStream")}(r, ${rest})`)];
    default:
      throw new Error(`a ${shape.kind} is not one value`);
  }
}

function readRepeated(file: FileEmitter, field: Field, local: string, scope: Scope): ReadCase {
  const { shape, number } = field;
  const name = JSON.stringify(field.name);
  const required = !showsAbsence(field) && !field.nullable;
  if (shape.kind === "typedArray") {
    return {
      tags: [tagOf(number, 2), tagOf(number, wireType(shape))],
      body: [`${local} = ${file.runtime("readTypedArray")}(r, tag, ${local}, ${name}, "${shape.array}");`],
    };
  }
  const make = required ? [] : [`${local} ??= ${emptyOf(shape)};`];
  if (shape.kind === "map" || shape.kind === "record") {
    return { tags: [tagOf(number, 2)], body: [...make, ...readEntry(file, field, local, scope)] };
  }
  if (shape.kind !== "list" && shape.kind !== "set") return { tags: [], body: [] };
  const { element } = shape;
  const packed = packedType(element);
  const method = shape.kind === "list" ? "push" : "add";
  const before = required ? local : `${local} ?? []`;
  if (shape.kind === "list" && isPlainText(element))
    return { tags: [tagOf(number, 2)], body: [`${local} = r.strings(tag, ${before}, ${name});`] };
  if (packed !== undefined) {
    const tags = [tagOf(number, 2), tagOf(number, wireType(element))];
    if (isReplaced(shape)) {
      return { tags, body: [`${local} = r.packed(tag, ${before}, ${name}, "${packed}");`] };
    }
    const one = scope.name("one");
    const type = packed === "enum" ? "number" : file.type(element.type);
    const value =
      element.kind === "enum"
        ? `${file.emitted(element.name, file.names.enumValue(element.name))}(r, ${one}, ${name})`
        : one;
    return {
      tags,
      body: [
        ...make,
        `for (const ${one} of r.packed<${type}>(tag, [], ${name}, "${packed}")) ${local}.${method}(${value});`,
      ],
    };
  }
  const size = `${local}.${shape.kind === "list" ? "length" : "size"}`;
  const body = readOne(file, element, name, size, scope, (value) => `${local}.${method}(${value});`);
  return { tags: [tagOf(number, 2)], body: [`r.element(${name});`, ...make, ...body] };
}

function readEntry(file: FileEmitter, field: Field, local: string, scope: Scope): Lines {
  const { shape } = field;
  if (shape.kind !== "map" && shape.kind !== "record") return [];
  const name = JSON.stringify(field.name);
  const [entry, key, value, inner] = [scope.name("entry"), scope.name("key"), scope.name("value"), scope.name("part")];
  const part = (one: Shape, protoName: string, number: number): Field => ({
    ...field,
    name: "",
    protoName,
    shape: one,
    absent: false,
    nullable: false,
    number,
  });
  const keyShape: Shape =
    shape.kind === "map"
      ? shape.key
      : { kind: "scalar", scalar: shape.key === "string" ? "string" : "int53", type: [shape.key], cast: false };
  const fields = [
    { field: part(keyShape, "key", 1), local: key },
    { field: part(shape.value, "value", 2), local: value },
  ];
  const branches = fields.flatMap(({ field: one, local: into }) =>
    readCases(file, one, into, scope).map((each) => ({ ...each })),
  );
  const checks = fields
    .filter(({ field: one }) => isMandatory(one) && !isUndefinable(file, one.shape))
    .map(({ local: into, field: one }) => `if (${into} === undefined) throw r.missing("${one.protoName}");`);
  const store =
    shape.kind === "map" ? `${local}.set(${key}, ${value});` : `${file.runtime("setOwn")}(${local}, ${key}, ${value});`;
  return [
    `r.element(${name});`,
    `const ${entry} = r.enter(${name});`,
    ...fields.map(({ field: one, local: into }) => declareField(file, one, into)),
    "while (r.more()) {",
    [`const ${inner} = r.tag();`, ...dispatch(branches, inner)],
    "}",
    ...fields.flatMap(({ field: one, local: into }) => completeField(file, one, into)),
    ...checks,
    `r.leave(${entry});`,
    store,
  ];
}

/** The branches over one tag: `if` for few, `switch` for many. */
export function dispatch(cases: readonly ReadCase[], tag: string): Lines {
  if (cases.length === 0) return [`r.skip(${tag});`];
  if (
    cases.length <= 2 &&
    cases.every((one) => isOneLine(one.body) && one.tags.length === 1 && !/^(const|if) /.test(one.body[0]))
  ) {
    const branches = cases.map(
      (one, i) => `${i === 0 ? "" : "else "}if (${tag} === ${one.tags[0]!}) ${one.body[0] as string}`,
    );
    return [...branches, `else r.skip(${tag});`];
  }
  if (cases.length <= 2) {
    const branches = cases.map((one, i): Lines => {
      const head = `${i === 0 ? "if" : "} else if"} (${one.tags.map((each) => `${tag} === ${each}`).join(" || ")}) {`;
      return [head, one.body];
    });
    return [...branches.flat(), "} else {", [`r.skip(${tag});`], "}"];
  }
  return [
    `switch (${tag}) {`,
    cases.flatMap((one): Lines => {
      const heads = one.tags.map((each) => `case ${each}:`);
      const block = one.body.some((line) => typeof line === "string" && /^(const|let) /.test(line));
      const last = heads.pop()!;
      return block ? [...heads, `${last} {`, [...one.body, "break;"], "}"] : [...heads, last, [...one.body, "break;"]];
    }),
    ["default:", [`r.skip(${tag});`]],
    "}",
  ];
}

/** Whether undefined is a value of it: `Record<string, T | undefined>` has boxes that may hold nothing. */
function isUndefinable(file: FileEmitter, shape: Shape): boolean {
  const message = shape.kind === "message" ? file.index.messages.get(shape.name) : undefined;
  return message?.kind === "box" && message.fields[0]!.absent;
}
