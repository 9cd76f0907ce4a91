/**
 * Messages as tables of their fields, and one loop that reads them all, and one that writes them. For messages that are
 * rare: those of every call have readers and writers of their own (messages/plain-instruction.ts, emitted code). Knows no
 * message.
 */
import type { ProtobufReader } from "./reader.js";
import type { ProtobufWriter } from "./writer.js";

/** How one field is read. */
export interface FieldReader<T> {
  /** What a message has that lacks the field. Without it, such a message is refused. */
  none?(): T;
  /** @param before  what an earlier field of the same tag gave, or `none`. */
  read(r: ProtobufReader, name: string, before: T): T;
}

/** How one field is read and written. */
export interface FieldType<T> extends FieldReader<T> {
  write(w: ProtobufWriter, tag: number, value: T, name: string): void;
}

/** For each field its tag (field number << 3 | wire type, ascending), its property, and what that holds. */
export type ReadTable<M> = readonly {
  [K in keyof M & string]: readonly [tag: number, property: K, type: FieldReader<M[K]>];
}[keyof M & string][];
export type FieldTable<M> = readonly {
  [K in keyof M & string]: readonly [tag: number, property: K, type: FieldType<M[K]>];
}[keyof M & string][];

export const uint32: FieldType<number> = scalar("uint32", 0);
export const fixed32: FieldType<number> = scalar("fixed32", 0);
export const fixed64: FieldType<bigint> = scalar("fixed64", 0n);
export const bool: FieldType<boolean> = scalar("bool", false);
export const string: FieldType<string> = scalar("string", "");
export const bytes: FieldType<Uint8Array> = scalar("bytes", new Uint8Array());

function scalar<T>(method: "uint32" | "fixed32" | "fixed64" | "bool" | "string" | "bytes", none: T): FieldType<T> {
  return {
    none: () => none,
    read: (r, name) => r[method](name) as T,
    write: (w, tag, value, name) => {
      w[method](tag, value as never, name);
    },
  };
}

/** A message inside another. @param fields  a function: a message may hold its own kind. */
export function nested<M extends object>(fields: () => FieldTable<M>): FieldType<M> {
  return {
    read: (r, name) => readNested(r, fields(), name),
    write(w, tag, value) {
      const at = w.beginPart(tag);
      writeFields(w, fields(), value);
      w.endPart(at);
    },
  };
}

/** Undefined where a message lacks it. */
export function optional<T>(type: FieldType<T>): FieldType<T | undefined> {
  return { ...(type as FieldType<T | undefined>), none: () => undefined };
}

export function readNested<M extends object>(r: ProtobufReader, fields: ReadTable<M>, name: string): M {
  const outer = r.enter(name);
  const message = readFields(r, fields);
  r.leave(outer);
  return message;
}

export function repeated<T>(type: FieldType<T>): FieldType<readonly T[]> {
  return {
    none: () => [],
    read(r, name, before) {
      r.element(name);
      (before as T[]).push((type as FieldReader<T | undefined>).read(r, name, undefined) as T);
      return before;
    },
    write(w, tag, values, name) {
      for (const value of values) type.write(w, tag, value, name);
    },
  };
}

/** Reads what is left of the message at hand. @throws {CallError} where a field is malformed, or is missing. */
export function readFields<M extends object>(r: ProtobufReader, fields: ReadTable<M>): M {
  const table = fields as unknown as ReadTable<Record<string, unknown>>;
  const message: Record<string, unknown> = {};
  for (const [, property, type] of table) message[property] = type.none?.();
  while (r.more()) {
    const tag = r.tag();
    const field = table.find((one) => one[0] === tag);
    if (field === undefined) r.skip(tag);
    else message[field[1]] = field[2].read(r, field[1], message[field[1]]);
  }
  for (const [, property, type] of table)
    if (message[property] === undefined && type.none === undefined) throw r.missing(property);
  return message as M;
}

/** Writes the fields that are not empty. */
export function writeFields<M extends object>(w: ProtobufWriter, fields: FieldTable<M>, message: M): void {
  for (const [tag, property, type] of fields as unknown as FieldTable<Record<string, unknown>>) {
    const value = (message as Readonly<Record<string, unknown>>)[property];
    if (Boolean(value) && (value as { length?: number }).length !== 0) type.write(w, tag, value, property);
  }
}
