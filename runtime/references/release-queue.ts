/** Releases on their way out: those of one turn travel in one instruction. */
import type { ImportId } from "../base/ids.js";
import type { Instruction } from "../messages/instruction.js";

export class ReleaseQueue {
  readonly #send: (instruction: Instruction) => void;
  #counts = new Map<ImportId, number>();

  constructor(send: (instruction: Instruction) => void) {
    this.#send = send;
  }

  add(id: ImportId, count: number): void {
    if (this.#counts.size === 0) queueMicrotask(this.flush);
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + count);
  }

  readonly flush = (): void => {
    if (this.#counts.size === 0) return;
    const references = [...this.#counts].map(([importId, count]) => ({ importId, count }));
    this.#counts = new Map();
    this.#send({ kind: "release", references });
  };

  /** The session is gone: there is nobody to release to. */
  clear(): void {
    this.#counts.clear();
  }
}
