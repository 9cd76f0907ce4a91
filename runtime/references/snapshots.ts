/**
 * Snapshots: the properties of an object that travel inside each reference to it, and can be read at once. Bytes of their
 * own beside the reference, so that a receiver that does not know the interface can still count the reference.
 */
import { CallError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import { noSlots } from "./no-slots.js";
import type { RemoteLink } from "./remote-link.js";
import type { ServiceDescriptor } from "./service.js";
import { ValueReader } from "./value-reader.js";
import { ValueWriter } from "./value-writer.js";

const NO_REFERENCES = noSlots("a snapshot");

/** What travels with a reference to `object`; undefined where there is nothing. @throws where a property does not fit. */
export function encodeSnapshot(service: ServiceDescriptor, object: object, limits: Limits): Uint8Array | undefined {
  if (service.snapshot === undefined) return undefined;
  const writer = new ValueWriter(NO_REFERENCES, limits);
  service.snapshot.write(writer, object);
  return writer.length === 0 ? undefined : writer.finish();
}

/** @throws where the peer's bytes do not fit the interface. */
export function decodeSnapshot(
  service: ServiceDescriptor,
  bytes: Uint8Array | undefined,
  limits: Limits,
): object | undefined {
  return service.snapshot?.read(new ValueReader(bytes ?? new Uint8Array(), NO_REFERENCES, limits));
}

/** What a stub shows of its object. @throws {CallError} FAILED_PRECONDITION where the object is not known yet. */
export function snapshotOf(link: RemoteLink): object {
  const { snapshot } = link;
  if (snapshot !== undefined) return snapshot;
  throw new CallError(
    "FAILED_PRECONDITION",
    `${link.describe()} is not known yet, and its properties come with it; await a call on it first`,
  );
}
