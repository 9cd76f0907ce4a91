/**
 * The rule by which siblings get their numbers: what is locked keeps its own, what is pinned gets what it asks for, what
 * is new the next one, what is gone is reserved. And what may not change about something that has a number.
 */
import type { Diagnostics } from "../diagnostics.js";
import type { Location, Reserved } from "../model/api-model.js";
import { derivedJsonName } from "../model/wire-names.js";
import type { Lock, LockedField, LockedMethod, LockedNames } from "../proto/proto-reader.js";

export interface NumberOptions {
  readonly lock: Lock | undefined;
  /** Where the lock was read from, for diagnostics. */
  readonly lockFile: string;
  readonly allowBreaking: boolean;
}

/** Something that wants a number of its own among its siblings. */
export interface Claim {
  readonly name: string;
  /** In words, for people. */
  readonly shown: string;
  readonly was?: string | undefined;
  readonly pinned?: number | undefined;
  readonly location: Location;
  readonly type?: { readonly type: string; readonly label: string };
  assign(number: number): void;
}

/** Numbers for one set of siblings: the locked ones first, then the pinned, then the rest in the order of the source. */
export function settle(
  gone: Record<string, Reserved>,
  owner: string,
  claims: readonly Claim[],
  locked: LockedNames<LockedField | LockedMethod>,
  options: NumberOptions,
  problems: Diagnostics,
): void {
  const taken = new Map<number, Claim>();
  const left = new Map(locked.entries);
  const reserved: Reserved = { numbers: [...locked.reservedNumbers], names: [...locked.reservedNames] };
  const fresh: Claim[] = [];
  const give = (claim: Claim, number: number): void => {
    const other = taken.get(number);
    if (other)
      problems.error(
        "PW1505",
        claim.location,
        `the number ${number} of ${claim.shown} is that of ${other.shown}`,
        "pin another number, or none",
      );
    taken.set(number, claim);
    claim.assign(number);
  };
  for (const claim of claims) {
    const oldName = claim.was !== undefined && !locked.entries.has(claim.name) ? claim.was : claim.name;
    const before = locked.entries.get(oldName);
    if (before === undefined) {
      if (
        claim.was !== undefined &&
        locked.entries.size > 0 &&
        !locked.reservedNames.has(claim.was) &&
        claim.type?.type !== "bool"
      ) {
        problems.error(
          "PW1504",
          claim.location,
          `@was ${claim.was}: ${owner} has had nothing of that name`,
          "write the name as it was, or leave the tag out",
        );
      }
      fresh.push(claim);
      continue;
    }
    left.delete(oldName);
    if ("type" in before && claim.type) judgeType(before, claim.type, claim.shown, claim.location, options, problems);
    if (claim.pinned !== undefined && claim.pinned !== before.number && !options.allowBreaking) {
      problems.error(
        "PW1505",
        claim.location,
        `@field ${claim.pinned}: ${claim.shown} has number ${before.number} in the committed schema`,
        "leave the tag out, or pass --allow-breaking",
      );
    }
    give(claim, options.allowBreaking ? (claim.pinned ?? before.number) : before.number);
  }
  for (const [name, { number }] of left) {
    reserved.numbers.push(number);
    reserved.names.push(name);
  }
  suspectRename(owner, fresh, left, problems);
  for (const claim of fresh) if (locked.reservedNames.has(claim.name)) tellReturn(claim, options, problems);
  const barred = new Set(reserved.numbers);
  for (const claim of fresh) {
    if (claim.pinned === undefined) continue;
    if (barred.has(claim.pinned)) {
      problems.error(
        "PW1505",
        claim.location,
        `@field ${claim.pinned}: the number is reserved in ${owner}, something else had it once`,
        "pin another number, or none",
      );
    }
    give(claim, claim.pinned);
  }
  let next = Math.max(0, ...taken.keys(), ...barred) + 1;
  for (const claim of fresh) {
    if (claim.pinned !== undefined) continue;
    if (next >= 19000 && next <= 19999) next = 20000;
    give(claim, next++);
  }
  const alive = new Set(claims.map((claim) => claim.name));
  const names = [...new Set(reserved.names)].filter((name) => !alive.has(name)).sort();
  const numbers = [...barred].filter((number) => !taken.has(number)).sort((a, b) => a - b);
  if (names.length > 0 || numbers.length > 0) gone[owner] = { names, numbers };
}

/** Under `--watch`, a line that is cut, saved, and pasted again. */
function tellReturn({ location, shown }: Claim, { lockFile }: NumberOptions, problems: Diagnostics): void {
  problems.warn(
    "PW1508",
    location,
    `${shown} has been there before and was removed: it gets another number than deployed peers know it by`,
    `where that was a mistake, restore ${lockFile} as it was committed, and generate again`,
  );
}

function suspectRename(
  owner: string,
  fresh: readonly Claim[],
  gone: ReadonlyMap<string, LockedField | LockedMethod>,
  problems: Diagnostics,
): void {
  const [claim] = fresh;
  const [name] = gone.keys();
  if (fresh.length !== 1 || gone.size !== 1 || !claim || name === undefined || claim.was !== undefined) return;
  const before = gone.get(name)!;
  if ("type" in before && claim.type && before.type !== claim.type.type) return;
  problems.warn(
    "PW1507",
    claim.location,
    `${owner} loses ${name} and gains ${claim.name}`,
    `if that is a rename, write /** @was ${"streams" in before ? lowerFirst(name) : derivedJsonName(name)} */ above it: peers that are deployed then still understand it`,
  );
}

export function judgeType(
  before: LockedField,
  after: { readonly type: string; readonly label: string },
  shown: string,
  location: Location,
  options: NumberOptions,
  problems: Diagnostics,
): void {
  const many = (label: string): boolean => label === "repeated";
  if (options.allowBreaking || (before.type === after.type && many(before.label) === many(after.label))) return;
  const words = (one: { type: string; label: string }): string => (many(one.label) ? `repeated ${one.type}` : one.type);
  problems.error(
    "PW1502",
    location,
    `${shown} was ${words(before)} and is now ${words(after)}: peers that are deployed would misread it`,
    "give it a new name, so that both can be told apart, or pass --allow-breaking",
  );
}

export function judgeLocked(
  owner: string,
  locked: LockedNames<LockedField | LockedMethod>,
  options: NumberOptions,
  problems: Diagnostics,
): void {
  const seen = new Map<number, string>();
  for (const [name, { number, line }] of locked.entries) {
    const at: Location = { file: options.lockFile, line, column: 1, length: 1 };
    const other = seen.get(number);
    if (other !== undefined) {
      problems.error(
        "PW1501",
        at,
        `${owner}: ${other} and ${name} both have the number ${number}`,
        "give the newer one another number, by hand: the file is the record of the numbers",
      );
    }
    if (locked.reservedNumbers.has(number)) {
      problems.error(
        "PW1501",
        at,
        `${owner}: ${name} has the number ${number}, which is reserved`,
        "give it another number, by hand: the file is the record of the numbers",
      );
    }
    seen.set(number, name);
  }
}

/** A member as its author probably called it: the schema has `OnEvent` of `onEvent`. */
function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
