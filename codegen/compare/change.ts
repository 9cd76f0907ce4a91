/** One difference between two versions of an interface, judged: what it does to peers and callers that are deployed. */
import type { Location } from "../model/api-model.js";

export type Verdict =
  /** Both versions understand each other, and callers compile as they are. */
  | "safe"
  /** Both versions understand each other, but callers that compiled no longer do. */
  | "breaks source"
  /** What one version sends, the other refuses or takes for something else. */
  | "changes meaning";

export interface Change {
  readonly verdict: Verdict;
  /** `Bank.login`, `Customer.born`: in words, with what happened to it. */
  readonly what: string;
  /** What follows from it for those who are deployed. */
  readonly consequence: string;
  /** In the new version; of what is gone: in the old. */
  readonly location: Location;
}

export class Changes {
  readonly all: Change[] = [];

  safe(location: Location, what: string, consequence = ""): void {
    this.all.push({ verdict: "safe", what, consequence, location });
  }

  source(location: Location, what: string, consequence: string): void {
    this.all.push({ verdict: "breaks source", what, consequence, location });
  }

  meaning(location: Location, what: string, consequence: string): void {
    this.all.push({ verdict: "changes meaning", what, consequence, location });
  }
}
