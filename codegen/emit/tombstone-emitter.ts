/**
 * Emits what is left in the schema of something that is gone. From   a message Stat that had size = 1
 *   message Stat { reserved 1; reserved "size"; }
 */
import type { Tombstone } from "../model/api-model.js";
import { enumPrefix } from "../model/wire-names.js";
import type { Lines } from "./file-emitter.js";

export function tombstoneOf({ kind, name, numbers, names }: Tombstone): Lines {
  const comment = "// Gone. The name and the numbers are kept, so that they never come to mean something else.";
  const body =
    kind === "service"
      ? [
          ...numbers.map((one) => `option (peerwire.v1.reserved_member) = ${one};`),
          ...names.map((one) => `option (peerwire.v1.reserved_member_name) = "${one}";`),
        ]
      : [
          ...(numbers.length === 0 ? [] : [`reserved ${numbers.join(", ")};`]),
          ...(names.length === 0 ? [] : [`reserved ${names.map((one) => `"${one}"`).join(", ")};`]),
          ...(kind === "enum" ? [`${enumPrefix(name)}UNSPECIFIED = 0;`] : []),
        ];
  return body.length === 0 ? [comment, `${kind} ${name} {}`] : [comment, `${kind} ${name} {`, body, "}"];
}
