/**
 * What the committed .proto has and the model has no more: whole messages, enums and services. Their names and numbers
 * stay in the schema, so that something new under an old name never gets a number that meant something else.
 */
import type { ApiModel, Tombstone } from "../model/api-model.js";
import { rpcMessages, rpcMessagesOf } from "../model/rpc-messages.js";
import { enumPrefix } from "../model/wire-names.js";
import type { Lock, LockedNames } from "../proto/proto-reader.js";

export function tombstonesOf(model: ApiModel, lock: Lock): Tombstone[] {
  const alive = new Set([...model.messages, ...model.errors, ...model.enums, ...model.services].map((one) => one.name));
  for (const service of model.services) {
    for (const { request, response } of rpcMessagesOf(service)) alive.add(request).add(response);
  }
  const gone: Tombstone[] = [];
  for (const [name, locked] of lock.services) {
    // The service of a function type has one member, and always will.
    if (!alive.has(name) && !isFunction(locked)) gone.push({ kind: "service", name, ...kept(locked) });
  }
  const missing = [...lock.messages].filter(([name, locked]) => !alive.has(name) && !isPositional(locked));
  const ofRpcs = missing.length === 0 ? NOTHING : messagesOfRpcs(lock);
  for (const [name, locked] of missing) {
    if (!ofRpcs.has(name)) gone.push({ kind: "message", name, ...kept(locked) });
  }
  for (const [name, locked] of lock.enums) {
    const prefix = enumPrefix(name);
    const { numbers, names } = kept(locked);
    const values = {
      numbers: numbers.filter((one) => one !== 0),
      names: names.filter((one) => one !== `${prefix}UNSPECIFIED`),
    };
    if (!alive.has(name)) gone.push({ kind: "enum", name, ...values });
  }
  return gone.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function kept(locked: LockedNames<{ readonly number: number }>): { numbers: number[]; names: string[] } {
  const numbers = new Set([...locked.reservedNumbers, ...[...locked.entries.values()].map((one) => one.number)]);
  return {
    numbers: [...numbers].sort((a, b) => a - b),
    names: [...new Set([...locked.reservedNames, ...locked.entries.keys()])].sort(),
  };
}

const NOTHING: ReadonlySet<string> = new Set();

/** The requests and responses of every rpc that there ever was: the member keeps their place. */
function messagesOfRpcs(lock: Lock): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [service, { entries, reservedNames }] of lock.services) {
    for (const rpc of [...entries.keys(), ...reservedNames]) {
      const { request, response } = rpcMessages(service, rpc);
      names.add(request).add(response);
    }
  }
  return names;
}

function isFunction(locked: LockedNames<unknown>): boolean {
  return locked.reservedNames.size === 0 && [...locked.entries.keys()].join() === "Call";
}

/** Boxes, entries and tuples are numbered by position: the same name gets the same number again by itself. */
function isPositional(locked: LockedNames<{ readonly number: number }>): boolean {
  if (locked.reservedNumbers.size > 0) return false;
  const names = [...locked.entries.keys()].join();
  return (
    names === "value" ||
    names === "key,value" ||
    [...locked.entries].every(([name, one]) => name === `item${one.number}`)
  );
}
