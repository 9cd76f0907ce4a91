/** Releases on their way out: those of one turn travel in one instruction. */
import type { ImportId } from "../base/ids.js";
import type { Instruction } from "../messages/instruction.js";

/** Of what runs after this step: `queueMicrotask` costs Node ten times as much. */
const now = Promise.resolve();

export class ReleaseQueue {
  readonly #send: (instruction: Instruction) => void;
  #references: { readonly importId: ImportId; count: number }[] = [];

  constructor(send: (instruction: Instruction) => void) {
    this.#send = send;
  }

  add(importId: ImportId, count: number): void {
    const last = this.#references.at(-1);
    if (last?.importId === importId) last.count += count;
    else if (this.#references.push({ importId, count }) === 1) void now.then(this.#flush);
  }

  readonly #flush = (): void => {
    const references = this.#references;
    if (references.length === 0) return;
    this.#references = [];
    this.#send({ kind: "release", references });
  };

  /** The session is gone: there is nobody to release to. */
  clear(): void {
    this.#references = [];
  }
}
