/**
 * The variable that collects a field while its message is read: how it is declared, what is in it where the message
 * lacks the field, and whether the message may. From   tags: string[]
 *   const tags: string[] = [];
 */
import type { Field } from "../model/api-model.js";
import { crosses, hasZero, isRepeated, packedType, showsAbsence } from "../model/lowering.js";
import type { BufferName, Shape } from "../model/shape.js";
import { BIGINTS, isPlainText } from "./field-writer.js";
import type { FileEmitter, Lines } from "./file-emitter.js";

/** The variable that collects the field, as it is before anything has been read. */
export function declareField(file: FileEmitter, field: Field, local: string): string {
  const { shape } = field;
  if (isRepeated(shape)) {
    if (showsAbsence(field))
      return `let ${local}: ${collected(file, shape)}${field.nullable ? " | null" : ""} | undefined;`;
    if (field.nullable) return `let ${local}: ${collected(file, shape)} | null = null;`;
    if (shape.kind === "typedArray") return `let ${local}: ${file.type(shape.type)} | undefined;`;
    return `${isReplaced(shape) ? "let" : "const"} ${local}: ${collected(file, shape)} = ${emptyOf(shape)};`;
  }
  if (shape.kind === "value" && !shape.only) return `let ${local}: unknown;`;
  // Asking for a type imports it, so only where it is written.
  const declared = (tail = ""): string => `let ${local}: ${file.type(shape.type)}${tail}`;
  if (showsAbsence(field)) return declared(`${field.nullable ? " | null" : ""} | undefined;`);
  if (field.nullable) return declared(" | null = null;");
  const zero = isBytes(shape) ? undefined : zeroOf(file, shape);
  if (zero === undefined) return declared(" | undefined;");
  return shape.kind === "scalar" && shape.cast ? declared(` = ${zero};`) : `let ${local} = ${zero};`;
}

/** Makes the bytes that the message lacked: too dear to be made before that is known. */
export function completeField(file: FileEmitter, field: Field, local: string): Lines {
  const { shape } = field;
  if (showsAbsence(field) || field.nullable || !isBytes(shape)) return [];
  return [`${local} ??= ${shape.kind === "typedArray" ? emptyOf(shape) : zeroOf(file, shape)!};`];
}

function isBytes(shape: Shape): boolean {
  return (
    shape.kind === "typedArray" || shape.kind === "buffer" || (shape.kind === "scalar" && shape.scalar === "bytes")
  );
}

/** Whether reading gives a new list, and does not append to the one that is there. */
export function isReplaced(shape: Shape): boolean {
  if (shape.kind !== "list") return false;
  return isPlainText(shape.element) || (shape.element.kind !== "enum" && packedType(shape.element) !== undefined);
}

/** Whether the message must hold the field: there is no zero that could be meant by its absence. */
export function isMandatory(field: Field): boolean {
  if (!crosses(field) || field.absent) return false;
  return field.late === true || (!field.nullable && !isRepeated(field.shape) && !hasZero(field.shape));
}

const EMPTY_BUFFERS: Readonly<Record<BufferName, string>> = {
  ArrayBuffer: "new ArrayBuffer(0)",
  DataView: "new DataView(new ArrayBuffer(0))",
  Int8Array: "new Int8Array()",
  Uint8ClampedArray: "new Uint8ClampedArray()",
  Buffer: "Buffer.alloc(0)",
};

function zeroOf(file: FileEmitter, shape: Shape): string | undefined {
  if (shape.kind === "buffer") return EMPTY_BUFFERS[shape.buffer];
  if (shape.kind !== "scalar") return undefined;
  const cast = shape.cast ? ` as ${file.type(shape.type)}` : "";
  if (!hasZero(shape)) return undefined;
  if (shape.scalar === "string") return `""${cast}`;
  if (shape.scalar === "bytes") return "new Uint8Array()";
  if (shape.scalar === "bool") return `false${cast}`;
  return `${BIGINTS.includes(shape.scalar) ? "0n" : "0"}${cast}`;
}

function collected(file: FileEmitter, shape: Shape): string {
  switch (shape.kind) {
    case "list": {
      const element = file.type(shape.element.type);
      return /^[\w$.]+$/.test(element) || isBalanced(element) ? `${element}[]` : `(${element})[]`;
    }
    case "set":
      return `Set<${file.type(shape.element.type)}>`;
    case "map":
      return `Map<${file.type(shape.key.type)}, ${file.type(shape.value.type)}>`;
    case "record":
      return `Record<${shape.key}, ${file.type(shape.value.type)}>`;
    default:
      return file.type(shape.type);
  }
}

// `Parameters<A["m"]>[0]` may be followed by [] as it is; `A | B` and `readonly A[]` may not.
function isBalanced(type: string): boolean {
  return /^[\w$.]+(<.*>)?(\[[^\]]*\])*$/.test(type);
}

export function emptyOf(shape: Shape): string {
  if (shape.kind === "typedArray") return `new ${shape.array}()`;
  return shape.kind === "list" ? "[]" : shape.kind === "set" ? "new Set()" : shape.kind === "map" ? "new Map()" : "{}";
}
