/**
 * What the other side serves: its roots by name, as stubs, once it is known that both have versions of the interface that
 * can talk. Source: docs/protocol.md, "Handshake"; compatibility.ts says which versions can.
 */
import { CallError } from "../base/errors.js";
import type { HelloMessage } from "../messages/hello.js";
import type { ReferenceSession } from "../references/reference-session.js";
import type { ServiceDescriptor } from "../references/service.js";
import { findDifferences } from "./compatibility.js";
import { type InterfaceDescription, type Reflection, ReflectionService } from "./reflection.js";

export class ServedRoots {
  readonly #references: ReferenceSession;
  /** Where the other side is. */
  readonly #description: string;
  readonly #stubs = new Map<string, object>();
  #roots: HelloMessage["roots"] = [];

  constructor(references: ReferenceSession, description: string) {
    this.#references = references;
    this.#description = description;
  }

  onHello(hello: HelloMessage): void {
    this.#roots = hello.roots;
  }

  /** As Peer.root. */
  async find<T extends object, Stub extends T>(service: ServiceDescriptor<T, Stub>, name: string): Promise<Stub> {
    const root = this.#roots.find((candidate) => candidate.name === name);
    if (root === undefined)
      throw new CallError("NOT_FOUND", `${this.#description} serves no root "${name}"; it serves ${this.#names()}`);
    if (root.interface !== service.fullName) {
      throw new CallError(
        "FAILED_PRECONDITION",
        `the root "${name}" of ${this.#description} is a ${root.interface}, and a ${service.fullName} was asked for`,
      );
    }
    const known = this.#stubs.get(name);
    if (known !== undefined) return known as Stub;
    if (root.fingerprint !== service.fingerprint) await this.#compare(service);
    const stub = this.#references.root(root.exportId, service, root.snapshot);
    this.#stubs.set(name, stub);
    return stub as Stub;
  }

  /** The interfaces of the roots, and those that their results lead to, as the other side describes them. */
  interfaces(): Promise<readonly InterfaceDescription[]> {
    const reflection = this.#references.root(0, ReflectionService) as unknown as Reflection;
    return reflection.listInterfaces();
  }

  /** The fingerprints differ: finds out whether that matters. */
  async #compare(service: ServiceDescriptor): Promise<void> {
    const interfaces = await this.interfaces();
    const isDescribed = interfaces.some(({ fullName }) => fullName === service.fullName);
    const differences = isDescribed
      ? findDifferences(service, interfaces)
      : [`${this.#description} does not describe it`];
    if (differences.length > 0) {
      throw new CallError(
        "FAILED_PRECONDITION",
        `${this.#description} has an incompatible version of ${service.fullName}:\n  ${differences.join("\n  ")}`,
      );
    }
  }

  #names(): string {
    const own = this.#roots.filter(({ name }) => !name.startsWith("peerwire.")); // those are between the two runtimes
    const names = own.map(({ name }) => `"${name}"`);
    return names.length === 0 ? "none" : names.join(", ");
  }
}
