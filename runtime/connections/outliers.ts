/**
 * Which addresses get no calls for a while, because calls to them keep failing. Pure: told outcomes, asked about now.
 * Source: docs/connections.md, "A pool"; the rule is that of Envoy's outlier detection, consecutive failures.
 */

export interface OutlierOptions {
  /** Failures in a row after which an address is left out. 5 by default. */
  failures?: number;
  /** How long, ms; each further time as long again, up to ten times. 30,000 by default. */
  ejectMs?: number;
}

interface Address {
  failed: number; // in a row
  ejections: number;
  until: number;
}

const MOST_EJECTIONS = 10;

/** Never leaves out more than half of the addresses: when everything fails, leaving out helps nobody. */
export class Outliers {
  readonly #addresses: readonly Address[];
  readonly #failures: number;
  readonly #ejectMs: number;

  constructor(addresses: number, { failures = 5, ejectMs = 30_000 }: OutlierOptions = {}) {
    this.#addresses = Array.from({ length: addresses }, () => ({ failed: 0, ejections: 0, until: 0 }));
    this.#failures = failures;
    this.#ejectMs = ejectMs;
  }

  isOut(address: number, now: number): boolean {
    return this.#addresses[address]!.until > now;
  }

  onSuccess(address: number): void {
    const entry = this.#addresses[address]!;
    entry.failed = 0;
    if (entry.ejections > 0) entry.ejections--;
  }

  onFailure(address: number, now: number): void {
    const entry = this.#addresses[address]!;
    entry.failed++;
    if (entry.failed < this.#failures || entry.until > now) return;
    const out = this.#addresses.filter(({ until }) => until > now).length;
    if ((out + 1) * 2 > this.#addresses.length) return;
    entry.failed = 0;
    entry.ejections = Math.min(entry.ejections + 1, MOST_EJECTIONS);
    entry.until = now + this.#ejectMs * entry.ejections;
  }
}
