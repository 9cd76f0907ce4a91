/** Bases of remote interfaces: whose members an interface has beside its own, each under the interface that declares it. */
import type { MemberModel, ServiceModel } from "./api-model.js";
import type { ModelIndex } from "./model-index.js";

export interface OwnedMember {
  readonly owner: ServiceModel;
  readonly member: MemberModel;
}

/** The interface, then all its bases, each once: those that are named first come first. */
export function lineageOf({ services }: Pick<ModelIndex, "services">, service: ServiceModel): ServiceModel[] {
  const found = new Set<ServiceModel>();
  const visit = (one: ServiceModel): void => {
    if (found.has(one)) return;
    found.add(one);
    for (const name of one.bases) {
      const base = services.get(name);
      if (base) visit(base);
    }
  };
  visit(service);
  return [...found];
}

/** Everything that a stub of the interface has. What it declares itself stands for what a base calls the same. */
export function membersOf(index: Pick<ModelIndex, "services">, service: ServiceModel): OwnedMember[] {
  const owners = new Map<string, ServiceModel>();
  return lineageOf(index, service).flatMap((owner) =>
    owner.members.flatMap((member) => {
      const first = owners.get(member.name);
      if (first === undefined) owners.set(member.name, owner);
      return first === undefined || first === owner ? [{ owner, member }] : [];
    }),
  );
}
