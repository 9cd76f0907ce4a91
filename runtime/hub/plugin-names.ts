/**
 * Which plugin has which name: what happens where two want the same, and who it is that a name is taken from at the end.
 * Pure. Names are those that plugins give; ids are unique in the hub, and are the names except in groups.
 */

/** What happens where a name is taken already. */
export type NamePolicy =
  /** The newcomer is refused: its start rejects with ALREADY_EXISTS. */
  | "reject"
  /** The newcomer gets the next free name ("worker-2"), and learns it. */
  | "rename"
  /** As "rename", by names of your own. `attempt` counts from 2; after 100 attempts the newcomer is refused. */
  | { readonly rename: (name: string, attempt: number) => string }
  /** The newcomer takes the place of the one that is there, which is told so and closed. */
  | "replace"
  /** They share the name: calls by it go to one after the other. Each has an id of its own ("worker#2"). */
  | "group";

const MAX_ATTEMPTS = 100;

export interface Claim {
  readonly id: string;
  readonly name: string;
}

export class PluginNames<Owner extends object> {
  readonly #policy: NamePolicy;
  readonly #owners = new Map<string, Owner>(); // by id
  readonly #claims = new Map<Owner, Claim>();
  #members = 0;

  constructor(policy: NamePolicy) {
    this.#policy = policy;
  }

  /** @returns undefined where the name is taken. */
  claim(name: string, owner: Owner): Claim | undefined {
    const id = this.#freeId(name);
    if (id === undefined) return undefined;
    const claim: Claim = { id, name: this.#policy === "group" ? name : id };
    this.#owners.set(id, owner);
    this.#claims.set(owner, claim);
    return claim;
  }

  /** Harmless where the name has gone to another owner since. */
  release(owner: Owner): void {
    const claim = this.#claims.get(owner);
    this.#claims.delete(owner);
    if (claim !== undefined && this.#owners.get(claim.id) === owner) this.#owners.delete(claim.id);
  }

  #freeId(name: string): string | undefined {
    const policy = this.#policy;
    if (policy === "group") return `${name}#${++this.#members}`;
    if (policy === "replace" || !this.#owners.has(name)) return name;
    if (policy === "reject") return undefined;
    const next = policy === "rename" ? (base: string, attempt: number) => `${base}-${attempt}` : policy.rename;
    for (let attempt = 2; attempt < MAX_ATTEMPTS + 2; attempt++) {
      const id = next(name, attempt);
      if (!this.#owners.has(id)) return id;
    }
    return undefined;
  }
}
