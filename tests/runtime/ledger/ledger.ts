/** The sample for lists of references: what `map` runs over. */

/** @remote */
export interface Ledger {
  accounts(): Promise<Account[]>;
  /** A list inside a value, and one of values that hold references. */
  book(): Promise<Book>;
  /** Says what it was shown. */
  audit(account: Account, remark: Remark): Promise<string>;
  /** Takes the accounts for its own. */
  adopt(accounts: Account[]): Promise<void>;
}

export interface Book {
  title: string;
  accounts: Account[];
  rows: Row[];
}

export interface Row {
  label: string;
  account: Account;
  inner: { owner: Person };
}

export interface Remark {
  text: string;
  at?: Date;
}

/** @remote */
export interface Account {
  readonly label: string;
  balance(): Promise<bigint>;
  /** @throws {Frozen} */
  withdraw(amount: bigint): Promise<bigint>;
  owner(): Promise<Person>;
  profile(): Promise<Profile>;
  /** Moves everything to the other one. */
  mergeInto(other: Account): Promise<bigint>;
  isSame(other: Account): Promise<boolean>;
  /** Calls the listener with the balance, and waits for it. */
  tell(listener: (balance: bigint) => Promise<string>): Promise<string>;
  /** One-way. */
  note(text: string): void;
  get limit(): Promise<bigint>;
  set limit(value: bigint | Promise<bigint>);
  entries(): AsyncIterable<string>;
  import(entries: AsyncIterable<string>): Promise<number>;
  /** Ends when it is told, or when the caller no longer waits. */
  settle(signal?: AbortSignal): Promise<string>;
}

export interface Profile {
  owner: Person;
  accounts: Account[];
  since: Date;
}

/** @remote */
export interface Person {
  name(): Promise<string>;
  boss(): Promise<Person>;
}

/** @error */
export class Frozen extends Error {
  override readonly name = "Frozen";
  readonly account: string;
  constructor(account: string) {
    super(`${account} is frozen`);
    this.account = account;
  }
}
