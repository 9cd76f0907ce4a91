/**
 * Emits the two directions of an enum. From   type How = "created" | "removed"
 *   function numberOfHow(w: Writer, value: How, name: string, key?: ...): number { switch (value) { case "created": return 1; ... } }
 *   function howOf(r: Reader, number: number, name: string): How { switch (number) { case 1: return "created"; ... } }
 * An unknown value or number is refused: it never becomes another.
 */
import type { EnumModel } from "../model/api-model.js";
import { plainText } from "../model/type-text.js";
import { quoted } from "./names.js";
import type { FileEmitter, Lines } from "./file-emitter.js";

export function enumCodec(file: FileEmitter, one: EnumModel): Lines[] {
  const { names } = file;
  const type = file.type(one.type);
  const keyword = one.exported || file.usage.isUsedBeyond(one.name) ? "export function" : "function";
  const words = one.values.map((value) => plainText(value.literal)).sort();
  const shown = words.length > 12 ? [...words.slice(0, 12), "..."] : words;
  const expected = quoted(shown.length === 1 ? shown[0]! : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)!}`);
  return [
    [
      `${keyword} ${names.enumNumber(one)}(w: ${file.runtimeType("Writer")}, value: ${type}, name: string, key?: string | number | bigint | boolean): number {`,
      [
        "switch (value) {",
        one.values.flatMap((value): Lines => [`case ${file.type(value.literal)}:`, [`return ${value.number};`]]),
        ["default:", [`throw w.invalid(name, ${expected}, value, key);`]],
        "}",
      ],
      "}",
    ],
    [
      `${keyword} ${names.enumValue(one)}(r: ${file.runtimeType("Reader")}, number: number, name: string): ${type} {`,
      [
        "switch (number) {",
        one.values.flatMap((value): Lines => [`case ${value.number}:`, [`return ${file.type(value.literal)};`]]),
        ["default:", [`throw r.invalid(name, ${expected}, number);`]],
        "}",
      ],
      "}",
    ],
  ];
}
