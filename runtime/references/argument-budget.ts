/**
 * How many bytes of arguments one session holds for calls that have not started. Of those that came as payloads, a record is
 * judged by its claimed size, before its bytes are let in: it waits, its window shut, while others arrive; and where what
 * has arrived fills the budget, its call is refused. It cannot wait for those: they may wait for handlers that wait for
 * what follows on the same stream.
 * Always: held <= limits.maxWaitingArgumentBytes and one message beyond, for the oldest call that still needs its own.
 */
import { CallError } from "../base/errors.js";
import { type Linked, LinkedList } from "../base/linked-list.js";

/** Arguments that are kept for a call, until it starts or never will. */
export interface Held {
  release(): void;
}

/** What a holding asks of its payload. */
export interface ArgumentSource {
  /** There may be room now. */
  resume(): void;
  /** There is none, nor will there be soon. */
  refuse(refusal: CallError): void;
}

export class ArgumentBudget {
  readonly #limit: number;
  readonly #incomplete = new LinkedList<ArgumentHolding>();
  readonly #stalled = new Set<ArgumentHolding>();
  #arriving = 0; // bytes promised to records on their way
  #arrived = 0;
  #inline = 0; // that came with their calls
  #overdrawn: ArgumentHolding | undefined;

  constructor(maxWaitingArgumentBytes: number) {
    this.#limit = maxWaitingArgumentBytes;
  }

  /**
   * A call waits that has its arguments with it. Those are counted by themselves: one may wait behind large ones that
   * have filled the budget. @returns why it cannot.
   */
  hold(bytes: number): Held | CallError {
    if (this.#inline + bytes > this.#limit) return exhausted(bytes, this.#inline, this.#limit);
    this.#inline += bytes;
    return {
      release: () => {
        this.#inline -= bytes;
      },
    };
  }

  /** A call waits for its arguments. */
  enter(source: ArgumentSource): ArgumentHolding {
    const holding = new ArgumentHolding(this, source);
    this.#incomplete.add(holding);
    return holding;
  }

  /** @returns whether a record of so many bytes may come in now. */
  promise(holding: ArgumentHolding, bytes: number): boolean {
    if (this.#mayHold(holding, bytes)) {
      this.#stalled.delete(holding);
      this.#arriving += bytes;
      return true;
    }
    if (this.#arrived + bytes <= this.#limit) this.#stalled.add(holding);
    else this.#refuse(holding, bytes);
    return false;
  }

  isStalled(holding: ArgumentHolding): boolean {
    return this.#stalled.has(holding);
  }

  /** A record is there. @param promised  of its bytes; 0 for one that came inside the window of its stream. */
  arrived(holding: ArgumentHolding, bytes: number, promised: number): boolean {
    this.#arriving -= promised;
    if (promised === 0 && !this.#mayHold(holding, bytes)) {
      this.#refuse(holding, bytes);
      return false;
    }
    this.#arrived += bytes;
    return true;
  }

  /** All of its records are there. */
  complete(holding: ArgumentHolding): void {
    this.#incomplete.remove(holding);
    this.#resume();
  }

  /** Its call has started, or never will. */
  release(holding: ArgumentHolding, promised: number, bytes: number): void {
    this.#arriving -= promised;
    this.#arrived -= bytes;
    this.#incomplete.remove(holding);
    this.#stalled.delete(holding);
    if (this.#overdrawn === holding) this.#overdrawn = undefined;
    this.#resume();
  }

  /** The oldest may always: what is held may be waiting behind it. */
  #mayHold(holding: ArgumentHolding, bytes: number): boolean {
    if (this.#arriving + this.#arrived + bytes <= this.#limit) return true;
    if (this.#incomplete.first !== holding || (this.#overdrawn !== undefined && this.#overdrawn !== holding))
      return false;
    this.#overdrawn = holding;
    return true;
  }

  #refuse(holding: ArgumentHolding, bytes: number): void {
    holding.refuse(exhausted(bytes, this.#arrived, this.#limit));
  }

  #resume(): void {
    for (const holding of [...this.#stalled]) holding.resume();
  }
}

function exhausted(bytes: number, held: number, limit: number): CallError {
  return new CallError(
    "RESOURCE_EXHAUSTED",
    `arguments of ${bytes} bytes, where those of calls that wait hold ${held} and the limit is ${limit} (limits.maxWaitingArgumentBytes); ask again later`,
  );
}

/** The arguments of one call, from its arrival until it starts. */
export class ArgumentHolding implements Held, Linked<ArgumentHolding> {
  previous: ArgumentHolding | undefined;
  next: ArgumentHolding | undefined;
  readonly #budget: ArgumentBudget;
  readonly #source: ArgumentSource;
  #promised = 0; // for the record that is arriving
  #bytes = 0;
  #isReleased = false;

  constructor(budget: ArgumentBudget, source: ArgumentSource) {
    this.#budget = budget;
    this.#source = source;
  }

  /** Whether a record waits for room here. */
  get isHeldBack(): boolean {
    return this.#budget.isStalled(this);
  }

  /** @returns whether a record of so many bytes may come in now; asked again as it arrives. */
  admit(bytes: number): boolean {
    if (this.#isReleased || this.#promised > 0) return true;
    if (!this.#budget.promise(this, bytes)) return this.#isReleased; // what is refused is read and dropped
    this.#promised = bytes;
    return true;
  }

  /** @returns false where its call has been refused. */
  add(bytes: number): boolean {
    if (this.#isReleased) return false;
    const promised = this.#promised;
    this.#promised = 0;
    const isHeld = this.#budget.arrived(this, bytes, promised);
    if (isHeld) this.#bytes += bytes;
    return isHeld;
  }

  complete(): void {
    if (!this.#isReleased) this.#budget.complete(this);
  }

  resume(): void {
    this.#source.resume();
  }

  refuse(refusal: CallError): void {
    this.release();
    this.#source.refuse(refusal);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#budget.release(this, this.#promised, this.#bytes);
    this.#promised = this.#bytes = 0;
  }
}
