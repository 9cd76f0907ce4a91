/** An implementation of the sample, and what it remembers for the tests. */
import type { CallContext } from "peerwire";
import { type Account, type Book, Frozen, type Ledger, type Person, type Profile, type Remark } from "./ledger.js";

export class PersonImpl implements Person {
  static live = 0;
  readonly #name: string;
  constructor(name: string) {
    this.#name = name;
    PersonImpl.live++;
  }
  async name(): Promise<string> {
    return this.#name;
  }
  async boss(): Promise<Person> {
    return new PersonImpl(`boss of ${this.#name}`);
  }
  [Symbol.dispose](): void {
    PersonImpl.live--;
  }
}

export class AccountImpl implements Account {
  readonly label: string;
  limit: Promise<bigint> = Promise.resolve(0n);
  money: bigint;
  /** What was called, of all accounts of a ledger. */
  readonly log: string[];

  constructor(label: string, money: bigint, log: string[]) {
    this.label = label;
    this.money = money;
    this.log = log;
  }
  async balance(): Promise<bigint> {
    this.log.push(`balance ${this.label}`);
    return this.money;
  }
  async withdraw(amount: bigint): Promise<bigint> {
    this.log.push(`withdraw ${this.label} ${amount}`);
    if (amount > this.money) throw new Frozen(this.label);
    return (this.money -= amount);
  }
  async owner(): Promise<Person> {
    return new PersonImpl(`owner of ${this.label}`);
  }
  async profile(): Promise<Profile> {
    return { owner: await this.owner(), accounts: [this], since: new Date(0) };
  }
  async mergeInto(other: Account): Promise<bigint> {
    const moved = this.money;
    this.money = 0n;
    if (other instanceof AccountImpl) other.money += moved;
    return moved;
  }
  async isSame(other: Account): Promise<boolean> {
    return other === this;
  }
  async tell(listener: (balance: bigint) => Promise<string>): Promise<string> {
    return `${this.label} ${await listener(this.money)}`;
  }
  note(text: string): void {
    this.log.push(`note ${this.label} ${text}`);
  }
  async *entries(): AsyncIterable<string> {
    yield this.label;
  }
  async import(entries: AsyncIterable<string>): Promise<number> {
    let count = 0;
    for await (const entry of entries) count += entry.length;
    return count;
  }
  async settle(signal?: AbortSignal, call?: CallContext): Promise<string> {
    this.log.push(`settle ${this.label} ${call?.depth} ${call?.metadata["tenant"] ?? ""}`);
    await new Promise((resolve) => signal!.addEventListener("abort", resolve, { once: true }));
    this.log.push(`stopped ${this.label}`);
    return this.label;
  }
}

export class LedgerImpl implements Ledger {
  readonly log: string[] = [];
  readonly list: Account[];

  /** @param count  of accounts; the n-th has n. */
  constructor(count: number = 3) {
    this.list = Array.from({ length: count }, (_, i) => new AccountImpl(`a${i}`, BigInt(i), this.log));
  }
  async accounts(): Promise<Account[]> {
    return this.list;
  }
  async book(): Promise<Book> {
    return {
      title: "book",
      accounts: this.list,
      rows: this.list.map((account, i) => ({
        label: `row ${i}`,
        account,
        inner: { owner: new PersonImpl(`reader ${i}`) },
      })),
    };
  }
  async audit(account: Account, { text, at }: Remark): Promise<string> {
    return `${text} ${at?.getTime() ?? "-"} ${account.label}`;
  }
  async adopt(accounts: Account[]): Promise<void> {
    this.list.splice(0, this.list.length, ...accounts);
  }
}
