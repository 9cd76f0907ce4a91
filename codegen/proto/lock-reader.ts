/**
 * Reads a committed .proto again and again: a message, enum or service that stands there as it did is not read again, and
 * is the same object. Lines are those of where it stood then, unless something is wrong in it.
 */
import { type Lock, type LockedNames, ProtoSyntaxError, readProto } from "./proto-reader.js";

export class LockReader {
  #known: ReadonlyMap<string, Lock> = new Map();

  /** @throws {ProtoSyntaxError} */
  read(source: string): Lock {
    const now = new Map<string, Lock>();
    const whole: Lock = { messages: new Map(), enums: new Map(), services: new Map() };
    try {
      for (const { text, start } of blocksOf(source)) {
        let lock = this.#known.get(text);
        if (!lock) {
          lock = readProto(text);
          if (!isClean(lock)) lock = readProto(text, source.slice(0, start).split("\n").length);
          else now.set(text, lock);
        } else {
          now.set(text, lock);
        }
        for (const [name, one] of lock.messages) whole.messages.set(name, one);
        for (const [name, one] of lock.enums) whole.enums.set(name, one);
        for (const [name, one] of lock.services) whole.services.set(name, one);
      }
    } catch (error) {
      if (!(error instanceof ProtoSyntaxError)) throw error;
      // Laid out in another way than ours, perhaps.
      return readProto(source);
    }
    this.#known = now;
    return whole;
  }
}

/** Pieces between empty lines, cut only where something begins at the margin. */
function* blocksOf(source: string): Generator<{ readonly text: string; readonly start: number }> {
  let start = 0;
  for (let at = source.indexOf("\n\n"); at !== -1; at = source.indexOf("\n\n", at + 1)) {
    const next = at + 2;
    if (/[\s}]/.test(source[next] ?? " ")) continue;
    yield { text: source.slice(start, next), start };
    start = next;
  }
  yield { text: source.slice(start), start };
}

/** Whether no number is there twice, or reserved: nobody asks for a line then. */
function isClean({ messages, enums, services }: Lock): boolean {
  return [...messages.values(), ...enums.values(), ...services.values()].every(hasDistinctNumbers);
}

function hasDistinctNumbers({ entries, reservedNumbers }: LockedNames<{ readonly number: number }>): boolean {
  const numbers = new Set(reservedNumbers);
  for (const { number } of entries.values()) {
    if (numbers.has(number)) return false;
    numbers.add(number);
  }
  return true;
}
