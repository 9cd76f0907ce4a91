/** A second sample: results that are values, with references inside them. */
import type { Session } from "./bank.js";

/** @remote */
export interface Vault {
  /** @throws NoSuchUser */
  open(user: string): Promise<Opened>;
  /** Holds the session that is passed in. */
  hold(session: Session): Promise<Opened>;
}

export interface Opened {
  label: string;
  session: Session;
  owner: { session: Session };
  spare?: Session;
  all: Session[];
}
