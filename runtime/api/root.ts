/** What a peer serves from the start, and how it enters the tables of a connection. */
import type { ExportId } from "../base/ids.js";
import type { HelloMessage } from "../messages/hello.js";
import type { ReferenceSession } from "../references/reference-session.js";
import type { ServiceDescriptor } from "../references/service.js";
import { serving } from "../references/serving.js";
import { encodeSnapshot } from "../references/snapshots.js";
import { ServedReflection, describeInterfaces } from "./reflection-root.js";

/** Made by `serve`. */
export interface Root {
  readonly name: string;
  readonly service: ServiceDescriptor;
  readonly object: object;
  /** Enters all roots of a connection. Here, so that programs without roots do not carry it. */
  readonly enter: (references: ReferenceSession, roots: readonly Root[]) => HelloMessage["roots"];
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
  return { name, service, object, enter: enterRoots };
}

/** Enters `roots`, and the one that describes them under id 0. @returns what Hello says of them. */
function enterRoots(references: ReferenceSession, roots: readonly Root[]): HelloMessage["roots"] {
  const services = roots.map((root) => root.service);
  const reflection = { listInterfaces: async () => describeInterfaces(services) };
  references.serve(serving, ServedReflection, reflection, 0 as ExportId);
  return roots.map(({ name, service, object }) => ({
    name,
    exportId: references.serve(serving, service, object),
    interface: service.fullName,
    fingerprint: service.fingerprint,
    snapshot: encodeSnapshot(service, object, references.limits) ?? new Uint8Array(),
  }));
}
