/** What became of one place for a value: its type, whether it may be absent or null, its number. */
import type { ApiModel, Field } from "../model/api-model.js";
import type { Shape } from "../model/shape.js";
import { crosses, describeShape, protoLabel, protoType } from "../model/lowering.js";
import { indexOf } from "../model/model-index.js";
import type { Changes } from "./change.js";
import { ruleChange } from "./compare-rules.js";

/** Two versions of the whole, and which way values of the place go, seen from a caller. */
export interface Compared {
  readonly before: ApiModel;
  readonly after: ApiModel;
  readonly changes: Changes;
}

export interface Way {
  readonly goesIn: boolean;
  readonly comesOut: boolean;
}

const MISREAD = "deployed peers refuse it or take it for something else; give it a new name instead";

export function compareField(compared: Compared, before: Field, after: Field, shown: string, way: Way): void {
  const { changes } = compared;
  const at = after.location;
  const type = typeChange(compared, before, after);
  if (type) {
    if (type.verdict === "source")
      changes.source(at, `${shown} ${type.what}`, "the bytes are the same, the type is not");
    else changes.meaning(at, `${shown} ${type.what}`, MISREAD);
    return;
  }
  const rule = ruleChange(before, after);
  if (rule?.isTighter) changes.meaning(at, `${shown} ${rule.what}`, "what deployed peers send beyond it is refused");
  else if (rule) changes.safe(at, `${shown} ${rule.what}`, "deployed peers refuse what only the new version allows");
  const losing = (what: string): void => {
    const unseen = EMPTY[before.shape.kind];
    const empty = unseen === undefined ? "" : `${unseen} that deployed peers send arrives as absent`;
    if (!way.comesOut) changes.safe(at, `${shown} ${what}`, empty);
    else
      changes.source(at, `${shown} ${what}`, `callers who read it must expect that${empty === "" ? "" : `; ${empty}`}`);
  };
  if (!before.absent && after.absent) losing("became optional");
  if (!before.nullable && after.nullable) losing("may now be null");
  if (before.absent && !after.absent) {
    changes.meaning(at, `${shown} was optional and is now required`, "what deployed peers send without it is refused");
  }
  if (before.nullable && !after.nullable) {
    changes.meaning(at, `${shown} could be null and no longer can`, "the null that deployed peers send is refused");
  }
}

/** What is not on the wire at all while a field must be there: absent, as soon as it may be. */
const EMPTY: Partial<Record<Shape["kind"], string>> = {
  scalar: "an empty string, 0 or false",
  list: "an empty list",
  set: "an empty Set",
  map: "an empty Map",
  record: "an empty record",
};

/** Something new among fields that are known. */
export function newField({ changes }: Compared, after: Field, shown: string): void {
  if (after.absent || after.shape.kind === "constant") changes.safe(after.location, `${shown} is new, and optional`);
  else {
    changes.meaning(
      after.location,
      `${shown} is new, and required`,
      "what deployed peers send without it is refused; make it optional",
    );
  }
}

interface TypeChange {
  readonly verdict: "source" | "meaning";
  readonly what: string;
}

function typeChange(compared: Compared, before: Field, after: Field): TypeChange | undefined {
  const old = describeShape(before.shape, compared.before.package);
  const now = describeShape(after.shape, compared.after.package);
  if (old === now) return sameKind(compared, before.shape, after.shape);
  const [wasReference, isReference] = [isReferred(before.shape), isReferred(after.shape)];
  if (wasReference !== isReference) {
    const way = wasReference ? "went by reference and now goes by value" : "went by value and now goes by reference";
    return { verdict: "meaning", what: `${way}: ${old}, ${now}` };
  }
  const what = `was ${old} and is now ${now}`;
  if (!crosses(before) || !crosses(after)) return { verdict: "meaning", what };
  const sameWire = protoType(before.shape) === protoType(after.shape) && protoLabel(before) === protoLabel(after);
  return { verdict: sameWire && !isReference ? "source" : "meaning", what };
}

/** One name, and yet another thing: a tuple that became an object has the same messages in the schema. */
function sameKind({ before, after }: Compared, old: Shape, now: Shape): TypeChange | undefined {
  if (old.kind !== "message" || now.kind !== "message") return undefined;
  const [was, is] = [indexOf(before).messages.get(old.name), indexOf(after).messages.get(now.name)];
  if (!was || !is || was.kind === is.kind) return undefined;
  return { verdict: "meaning", what: `was ${KINDS[was.kind]} and is now ${KINDS[is.kind]}` };
}

const KINDS = { object: "an object", tuple: "a tuple", union: "a union", box: "a list", entry: "a map" } as const;

/** What the field is called in the schema's place of it: by number, under whatever name. */
export function byNumber(fields: readonly Field[]): ReadonlyMap<number, Field> {
  return new Map(fields.filter(crosses).map((field) => [field.number, field]));
}

function isReferred(shape: Shape): boolean {
  switch (shape.kind) {
    case "remote":
    case "function":
    case "stream":
    case "byteStream":
      return true;
    case "list":
    case "set":
      return isReferred(shape.element);
    case "map":
    case "record":
      return isReferred(shape.value);
    default:
      return false;
  }
}
