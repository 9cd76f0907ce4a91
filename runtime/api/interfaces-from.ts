/** What of the interfaces of a side both sides of a comparison must see alike: which there are, and of what kind a member is. */
import type { Member, ServiceDescriptor } from "../references/service.js";

/** As reflection calls it: who waits for the end of a call that is never answered waits for something else. */
export function kindOf({ kind, oneWay }: Pick<Member<never>, "kind" | "oneWay">): string {
  return oneWay === true ? "one-way" : kind;
}

/** The interfaces that some lead to: their bases, what their members take and give, and so on from those. */
export function interfacesFrom(services: readonly ServiceDescriptor[]): ReadonlySet<ServiceDescriptor> {
  const known = new Set(services);
  // What is added to a set while it is being walked is walked too.
  for (const { bases = [], uses = [], members } of known) {
    for (const one of [...bases, ...uses]) known.add(one);
    for (const { pipelines, pipelinesInside = [] } of members.values()) {
      if (pipelines !== undefined) known.add(pipelines());
      for (const { service } of pipelinesInside) known.add(service());
    }
  }
  return known;
}
