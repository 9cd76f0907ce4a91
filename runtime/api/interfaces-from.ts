/** The interfaces that some lead to: their bases, what their members take and give, and so on from those. */
import type { ServiceDescriptor } from "../references/service.js";

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
