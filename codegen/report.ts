/**
 * The fidelity report: for each member and each property what crosses by value, what by reference, what is refused and
 * why. Values in, text out.
 */
import type { Diagnostic } from "./diagnostics.js";
import { type ApiModel, type Field, type Location, type ServiceModel, fieldsOf } from "./model/api-model.js";
import type { Shape } from "./model/shape.js";
import { crosses, describeField, describeShape } from "./model/lowering.js";
import { indexOf } from "./model/model-index.js";

export interface ReportRow {
  readonly location: Location;
  /** `Bank.login`, `Customer.born`; of something refused: its code. */
  readonly name: string;
  /** What of it: the name of a parameter, `returns`; "" for a property. */
  readonly part: string;
  /** `nothing`: a constant, or no value at all. */
  readonly fate: "by value" | "by reference" | "streamed" | "nothing crosses" | "refused";
  /** The wire type, or why it is refused and what to write instead. */
  readonly detail: string;
}

export function reportOf({
  model,
  diagnostics,
}: {
  readonly model: ApiModel;
  readonly diagnostics: readonly Diagnostic[];
}): ReportRow[] {
  const rows: ReportRow[] = [];
  for (const service of model.services) rows.push(...serviceRows(model, service));
  for (const message of model.messages) {
    if (message.kind === "box" || message.kind === "entry") continue;
    for (const field of fieldsOf(message)) {
      const name = message.kind === "union" ? `${message.name} (${field.protoName})` : `${message.name}.${field.name}`;
      rows.push(...fieldRow(model, field, name, ""));
    }
  }
  for (const error of model.errors) {
    for (const field of error.fields) rows.push(...fieldRow(model, field, `${error.name}.${field.name}`, ""));
  }
  for (const { severity, code, message, hint, location } of diagnostics) {
    if (severity !== "error") continue;
    rows.push({ location, name: code, part: "", fate: "refused", detail: `${message}; ${hint}` });
  }
  return rows.sort(
    (a, b) =>
      compare(a.location.file, b.location.file) ||
      a.location.line - b.location.line ||
      a.location.column - b.location.column,
  );
}

function serviceRows(model: ApiModel, service: ServiceModel): ReportRow[] {
  return service.members.flatMap((member): ReportRow[] => {
    const { location } = member;
    const name = service.kind === "function" ? service.base : `${service.base}.${member.name}`;
    const parameters = member.parameters.flatMap((one): ReportRow[] =>
      one.field
        ? fieldRow(model, { ...one.field, location }, name, one.name)
        : [{ location, name, part: one.name, fate: "nothing crosses", detail: "aborting it cancels the call" }],
    );
    const result: ReportRow[] = member.result
      ? fieldRow(model, { ...member.result, location }, name, "returns")
      : [
          {
            location,
            name,
            part: "returns",
            fate: member.style === "byteStream" ? "streamed" : "nothing crosses",
            detail:
              member.style === "oneWay"
                ? "one-way: nothing is answered"
                : member.style === "byteStream"
                  ? "stream bytes"
                  : "that it is done",
          },
        ];
    return [...parameters, ...result];
  });
}

function fieldRow(model: ApiModel, field: Field, name: string, part: string): ReportRow[] {
  const { shape, location } = field;
  if (shape.kind === "refused") return [];
  const fate = crosses(field) ? fateOf(model, shape) : "nothing crosses";
  const detail = crosses(field) ? describeField(field, model.package) : `always ${describeShape(shape, model.package)}`;
  return [{ location, name, part, fate, detail }];
}

/** How the value itself crosses; what is inside a message has rows of its own. */
function fateOf(model: ApiModel, shape: Shape): ReportRow["fate"] {
  switch (shape.kind) {
    case "remote":
    case "function":
      return "by reference";
    case "stream":
    case "byteStream":
      return "streamed";
    case "list":
    case "set":
      return fateOf(model, shape.element);
    case "map":
    case "record":
      return fateOf(model, shape.value);
    case "message": {
      const message = indexOf(model).messages.get(shape.name);
      return message?.kind === "box" ? fateOf(model, message.fields[0]!.shape) : "by value";
    }
    default:
      return "by value";
  }
}

/** @param shown how a file is called where the command was typed. */
export function formatReport(rows: readonly ReportRow[], shown: (file: string) => string): string {
  const lines: string[] = [];
  for (const file of new Set(rows.map((one) => one.location.file))) {
    const here = rows.filter((one) => one.location.file === file);
    const label = (row: ReportRow): string => `${row.name}${row.part === "" ? "" : ` ${row.part}`}`;
    const lineWidth = Math.max(...here.map((one) => String(one.location.line).length));
    const width = Math.min(48, Math.max(...here.map((one) => label(one).length)));
    lines.push(shown(file));
    for (const row of here) {
      const line = String(row.location.line).padStart(lineWidth);
      lines.push(`  ${line}  ${label(row).padEnd(width)}  ${row.fate.padEnd(15)}  ${row.detail}`.trimEnd());
    }
    lines.push("");
  }
  const count = (...fates: ReportRow["fate"][]): number => rows.filter((one) => fates.includes(one.fate)).length;
  lines.push(
    `${count("by value")} losslessly by value, ${count("by reference", "streamed")} by reference, ${count("refused")} refused.`,
    "",
  );
  return `${lines.join("\n")}\n`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
