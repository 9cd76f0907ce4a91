/**
 * Writes and reads descriptions of packages by a table of their fields: they are rare and large, and a table says it all
 * once. What arrives is checked against it: types, words, numbers, within the limits of every message.
 * Source: schema/peerwire/v1/description.proto.
 */
import type { ProtobufReader } from "../protobuf/reader.js";
import type { ProtobufWriter } from "../protobuf/writer.js";
import type {
  DescribedField,
  DescribedInterface,
  DescribedMember,
  DescribedType,
  PackageDescription,
} from "./package-description.js";

/** What a field holds: one of some words, a message, many of one kind. */
type Content = "string" | "uint32" | "bool" | readonly string[] | Layout | { readonly many: "string" | Layout };
/** In the order of the field numbers, from 1. "?" behind the name: left out where it is empty. */
type Layout = ReadonlyMap<string, Content>;

function layout<T>(fields: {
  readonly [K in keyof T & string as undefined extends T[K] ? `${K}?` : K]-?: Content;
}): Layout {
  return new Map(Object.entries<Content>(fields));
}

const FIELD = layout<DescribedField>({
  "number": "uint32",
  "name": "string",
  "protoName?": "string",
  "type": "string",
  "entry?": "string",
  "nullNumber?": "uint32",
  "emptyNumber?": "uint32",
  "rest?": "bool",
  "late?": "bool",
  "deprecated?": "bool",
  "when?": { many: "string" },
  "demands?": "string",
  "documentation?": "string",
});

const MEMBER = layout<DescribedMember>({
  "number": "uint32",
  "name": "string",
  "kind": ["call", "get", "set", "construct"] satisfies DescribedMember["kind"][],
  "oneWay?": "bool",
  "idempotent?": "bool",
  "deprecated?": "bool",
  "parameters": { many: FIELD },
  "result?": FIELD,
  "documentation?": "string",
});

const INTERFACE = layout<DescribedInterface>({
  "name": "string",
  "type": "string",
  "isFunction?": "bool",
  "documentation?": "string",
  "bases?": { many: "string" },
  "snapshot?": "string",
  "errors?": { many: "string" },
  "members": { many: MEMBER },
});

const TYPE = layout<DescribedType>({
  "name": "string",
  "kind": ["object", "tuple", "union", "enum", "error", "box", "entry"] satisfies DescribedType["kind"][],
  "tag?": "string",
  "documentation?": "string",
  "fields": { many: FIELD },
});

const PACKAGE = layout<PackageDescription>({
  name: "string",
  interfaces: { many: INTERFACE },
  types: { many: TYPE },
});

type Value = string | number | boolean | Message | readonly (string | Message)[];
type Message = { readonly [name: string]: Value };

/** As the field `packages` of a message. */
export function writePackages(w: ProtobufWriter, packages: readonly PackageDescription[]): void {
  for (const [i, one] of w.array(packages, "packages").entries())
    writeMessage(w, 10, one as unknown as Message, PACKAGE, "packages", i);
}

export function readPackages(r: ProtobufReader): PackageDescription[] {
  const packages: PackageDescription[] = [];
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10)
      packages.push(readMessage(r, PACKAGE, "packages", packages.length) as unknown as PackageDescription);
    else r.skip(tag);
  }
  return packages;
}

function writeMessage(
  w: ProtobufWriter,
  tag: number,
  value: Message,
  fields: Layout,
  name: string,
  key?: number,
): void {
  const start = w.begin(tag, name, key);
  let number = 0;
  for (const [field, content] of fields) {
    number++;
    const held = value[nameOf(field)];
    if (held !== undefined && !isEmpty(held)) writeField(w, number, held, content, nameOf(field));
  }
  w.end(start);
}

function writeField(w: ProtobufWriter, number: number, value: Value, content: Content, name: string): void {
  if (content === "uint32") w.uint32(number * 8, value as number, name);
  else if (content === "bool") w.bool(number * 8, value as boolean, name);
  else if (content === "string" || Array.isArray(content)) w.string(number * 8 + 2, value as string, name);
  else if (content instanceof Map) writeMessage(w, number * 8 + 2, value as Message, content, name);
  else {
    const { many } = content as { readonly many: "string" | Layout };
    for (const [i, one] of w.array(value as readonly (string | Message)[], name).entries()) {
      if (many === "string") w.string(number * 8 + 2, one as string, name, i);
      else writeMessage(w, number * 8 + 2, one as Message, many, name, i);
    }
  }
}

function readMessage(r: ProtobufReader, fields: Layout, name: string, key?: number): Message {
  if (key !== undefined) r.element(name);
  const outer = r.enter(name, key);
  const found = new Map<string, Value>();
  const contents = [...fields];
  while (r.more()) {
    const tag = r.tag();
    const [field, content] = contents[(tag >>> 3) - 1] ?? [];
    if (field === undefined || content === undefined || (tag & 7) !== wireTypeOf(content)) r.skip(tag);
    else found.set(field, readField(r, content, nameOf(field), found.get(field)));
  }
  const message = Object.fromEntries(
    contents.flatMap(([field, content]) => {
      const value = found.get(field) ?? (field.endsWith("?") ? undefined : emptyOf(content));
      if (Array.isArray(content) && !content.includes(value))
        throw r.refuse(nameOf(field), `expected one of ${content.join(", ")}, got ${JSON.stringify(value)}`);
      return value === undefined || (field.endsWith("?") && isEmpty(value)) ? [] : [[nameOf(field), value]];
    }),
  );
  r.leave(outer);
  return message;
}

function readField(r: ProtobufReader, content: Content, name: string, before: Value | undefined): Value {
  if (content === "uint32") return r.uint32(name);
  if (content === "bool") return r.bool(name);
  if (content === "string" || Array.isArray(content)) return r.string(name);
  if (content instanceof Map) return readMessage(r, content, name);
  const { many } = content as { readonly many: "string" | Layout };
  const list = (before ?? []) as (string | Message)[];
  if (many === "string") r.element(name);
  list.push(many === "string" ? r.string(name, list.length) : readMessage(r, many, name, list.length));
  return list;
}

function wireTypeOf(content: Content): number {
  return content === "uint32" || content === "bool" ? 0 : 2;
}

function emptyOf(content: Content): Value {
  if (content === "uint32") return 0;
  return content === "string" || Array.isArray(content) ? "" : [];
}

function isEmpty(value: Value): boolean {
  return value === "" || value === 0 || value === false;
}

function nameOf(field: string): string {
  return field.replace("?", "");
}
