/** What a peer serves from the start. */
import type { ServiceDescriptor } from "../references/service.js";

export interface Root {
  readonly name: string;
  readonly service: ServiceDescriptor;
  readonly object: object;
}

/**
 * Offers `object` to the peers of a connection or listener.
 * @param name  what they ask for it by; by default the interface's full name. Needed where two roots share one interface.
 */
export function serve<T extends object, Stub extends T>(
  service: ServiceDescriptor<T, Stub>,
  object: T,
  name: string = service.fullName,
): Root {
  return { name, service: service, object };
}
