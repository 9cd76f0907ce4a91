/** The frame of every codec: a function that writes a message, and one that reads it. */
import type { Message } from "../model/api-model.js";
import type { FileEmitter, Lines } from "./file-emitter.js";

export function functions(file: FileEmitter, message: Message, type: string, writer: Lines, reader: Lines): Lines[] {
  const keyword = isExported(file, message) ? "export function" : "function";
  return [
    [`${keyword} ${file.names.write(message)}(w: ${file.runtimeType("Writer")}, v: ${type}): void {`, writer, "}"],
    [`${keyword} ${file.names.read(message)}(r: ${file.runtimeType("Reader")}): ${type} {`, reader, "}"],
  ];
}

/** Named types, and whatever a file other than its own uses. */
function isExported(file: FileEmitter, message: Message): boolean {
  return message.exported || file.usage.isUsedBeyond(message.name);
}
