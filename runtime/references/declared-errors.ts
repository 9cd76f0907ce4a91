/** The error classes that an interface declares, ready for calls/error-codec.ts. Their fields cross, checked like any value. */
import { type DeclaredErrors, NO_DECLARED_ERRORS } from "../calls/error-codec.js";
import type { ErrorDescriptor, ServiceDescriptor } from "./service.js";
import { noSlots } from "./no-slots.js";
import { ValueReader } from "./value-reader.js";
import { ValueWriter } from "./value-writer.js";

const cache = new WeakMap<ServiceDescriptor, DeclaredErrors>();

export function declaredErrors(service: ServiceDescriptor): DeclaredErrors {
  let declared = cache.get(service);
  if (declared === undefined) {
    declared = new ServiceErrors(service);
    cache.set(service, declared);
  }
  return declared;
}

class ServiceErrors implements DeclaredErrors {
  readonly interface: string;
  readonly #errors: readonly ErrorDescriptor[];

  constructor({ fullName, errors }: ServiceDescriptor) {
    this.interface = fullName;
    this.#errors = errors;
  }

  get isEmpty(): boolean {
    return this.#errors.length === 0;
  }

  write(error: Error): { type: string; fields: Uint8Array } | undefined {
    const descriptor = this.#errors.find((candidate) => error instanceof candidate.errorClass());
    if (descriptor === undefined) return undefined;
    const writer = new ValueWriter(NO_REFERENCES);
    try {
      descriptor.writeFields(writer, error);
    } catch {
      return undefined; // a field that is not what its type says: the error crosses without its class
    }
    return { type: descriptor.fullName, fields: writer.finish() };
  }

  read(type: string, fields: Uint8Array, message: string): Error | undefined {
    const descriptor = this.#errors.find((candidate) => candidate.fullName === type);
    try {
      return descriptor?.readFields(new ValueReader(fields, NO_REFERENCES), message);
    } catch {
      return undefined;
    }
  }
}

/** What is declared by either: a call that depends on another may fail as that one did. */
export function eitherErrors(first: DeclaredErrors, second: DeclaredErrors): DeclaredErrors {
  const isSecondEmpty = second instanceof ServiceErrors && second.isEmpty;
  return first === second || isSecondEmpty ? first : new EitherErrors(first, second);
}

class EitherErrors implements DeclaredErrors {
  readonly #first: DeclaredErrors;
  readonly #second: DeclaredErrors;

  constructor(first: DeclaredErrors, second: DeclaredErrors) {
    this.#first = first;
    this.#second = second;
  }

  get interface(): string {
    return this.#first.interface;
  }
  write(error: Error): { type: string; fields: Uint8Array } | undefined {
    return this.#first.write(error) ?? this.#second.write(error);
  }
  read(type: string, fields: Uint8Array, message: string): Error | undefined {
    return this.#first.read(type, fields, message) ?? this.#second.read(type, fields, message);
  }
}

/** The errors of an interface that is not known yet: none, until it is. */
export class LateErrors implements DeclaredErrors {
  service: ServiceDescriptor | undefined;

  get interface(): string {
    return this.service?.fullName ?? NO_DECLARED_ERRORS.interface;
  }
  write(error: Error): { type: string; fields: Uint8Array } | undefined {
    return this.service && declaredErrors(this.service).write(error);
  }
  read(type: string, fields: Uint8Array, message: string): Error | undefined {
    return this.service && declaredErrors(this.service).read(type, fields, message);
  }
}

const NO_REFERENCES = noSlots("an error's fields");
