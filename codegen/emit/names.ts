/**
 * What things are called in emitted code. Top-level names are given once for the whole package, so that files can import
 * each other's; local names by a scope, which knows the words of the language and everything at the top level.
 */
import type { ApiModel, EnumModel, ErrorModel, MemberModel, Message, ServiceModel } from "../model/api-model.js";
import { RUNTIME_TYPES, RUNTIME_VALUES } from "./runtime-symbols.js";

/** Words that cannot be the name of a variable in a module, or would hide what emitted code needs. */
const WORDS: ReadonlySet<string> = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for " +
    "function if implements import in instanceof interface let new null package private protected public return static " +
    "super switch this throw true try typeof var void while with yield undefined NaN Infinity " +
    "Object Map Set Array Number String BigInt Boolean Date Uint8Array Symbol Promise " +
    "w r v tag at call target args link signal item outer inner length"
  ).split(" "),
);

const GLOBAL_TYPES =
  "AbortSignal AsyncGenerator AsyncIterable AsyncIterableIterator Awaited ConstructorParameters Date Error Extract InstanceType Map NonNullable Number Object Parameters Pick Promise " +
  "PromiseLike ReadableStream ReadonlyMap ReadonlySet Record ReturnType Set Uint8Array BigInt";

/** What things are called, by what they are. */
export interface Names {
  find(key: string): string | undefined;
  /** Whether anything at the top level of any file is called so. */
  has(name: string): boolean;
}

/** Gives the names: to everything, in the order of the model. */
export class GivenNames implements Names {
  readonly #taken = new Set<string>([...RUNTIME_TYPES, ...RUNTIME_VALUES, ...GLOBAL_TYPES.split(" "), "nothing"]);
  readonly #given = new Map<string, string>();

  constructor(model: ApiModel) {
    for (const one of model.services) this.#give(wishesOf(one, serviceWishes).first);
    for (const one of model.messages) this.#give(wishesOf(one, messageWishes).first);
    for (const one of model.enums) this.#give(wishesOf(one, enumWishes).first);
    for (const one of model.errors) this.#give([[`error ${one.name}`, `${one.name}Error`]]);
    for (const one of model.messages) this.#give(wishesOf(one, messageWishes).later);
    for (const one of model.services) this.#give(wishesOf(one, serviceWishes).later);
  }

  find(key: string): string | undefined {
    return this.#given.get(key);
  }

  has(name: string): boolean {
    return this.#taken.has(name);
  }

  #give(wishes: readonly Wish[]): void {
    for (const [key, wanted] of wishes) {
      let name = wanted;
      for (let i = 2; this.#taken.has(name); i++) name = `${wanted}${i}`;
      this.#taken.add(name);
      this.#given.set(key, name);
    }
  }
}

/** What is to be named, and what it is called unless something else is. */
type Wish = readonly [key: string, wanted: string];

/** All of one thing: some are given before others are, so that those have the better names. */
interface Wishes {
  readonly first: readonly Wish[];
  readonly later: readonly Wish[];
}

/** A thing that stays the same from run to run wishes for the same names. */
const known = new WeakMap<object, Wishes>();

function wishesOf<T extends object>(one: T, make: (one: T) => Wishes): Wishes {
  let wishes = known.get(one);
  if (!wishes) known.set(one, (wishes = make(one)));
  return wishes;
}

function serviceWishes({ kind, name, base, type, members }: ServiceModel): Wishes {
  const isOwn = type.length === 1 && typeof type[0] === "object";
  const descriptor = (wanted: string): Wish => [`${name} descriptor`, wanted];
  const first: Wish[] =
    kind === "interface"
      ? [...["Stub", "Promise", "Pipeline"].map((one): Wish => [`${name} ${one}`, base + one]), descriptor(name)]
      : isOwn
        ? [descriptor(name)]
        : [descriptor(base), [`${name} type`, name]];
  const lower = lowerFirst(base);
  const later: Wish[] = [
    [`${name} createPromise`, `create${base}Promise`],
    [`${name} members`, `${lower}Members`],
    ...members.map(({ rpcName }): Wish => [`${name}.${rpcName}`, lower + rpcName]),
  ];
  return { first, later };
}

function messageWishes({ name }: Message): Wishes {
  const codec: Wish[] = ["write", "read"].map((one) => [`${one} ${name}`, one + name]);
  return { first: codec, later: [[`items ${name}`, `${lowerFirst(name)}s`]] };
}

function enumWishes({ name }: EnumModel): Wishes {
  return {
    first: [
      [`number ${name}`, `numberOf${name}`],
      [`value ${name}`, `${lowerFirst(name)}Of`],
    ],
    later: [],
  };
}

/** Asks for the names. */
export class EmittedNames {
  readonly #names: Names;

  constructor(names: Names) {
    this.#names = names;
  }

  descriptor(service: ServiceModel | string): string {
    return this.#get(`${typeof service === "string" ? service : service.name} descriptor`);
  }
  /** The local alias of a function type that has no name of its own. */
  functionType(service: ServiceModel): string | undefined {
    return this.#names.find(`${service.name} type`);
  }
  stub(service: ServiceModel | string): string {
    return this.#get(`${typeof service === "string" ? service : service.name} Stub`);
  }
  promise(service: ServiceModel | string): string {
    return this.#get(`${typeof service === "string" ? service : service.name} Promise`);
  }
  pipeline(service: ServiceModel | string): string {
    return this.#get(`${typeof service === "string" ? service : service.name} Pipeline`);
  }
  createPromise(service: ServiceModel): string {
    return this.#get(`${service.name} createPromise`);
  }
  members(service: ServiceModel): string {
    return this.#get(`${service.name} members`);
  }
  member(service: ServiceModel, member: MemberModel): string {
    return this.#get(`${service.name}.${member.rpcName}`);
  }
  write(message: Message | string): string {
    return this.#get(`write ${typeof message === "string" ? message : message.name}`);
  }
  read(message: Message | string): string {
    return this.#get(`read ${typeof message === "string" ? message : message.name}`);
  }
  items(message: Message | string): string {
    return this.#get(`items ${typeof message === "string" ? message : message.name}`);
  }
  enumNumber(one: EnumModel | string): string {
    return this.#get(`number ${typeof one === "string" ? one : one.name}`);
  }
  enumValue(one: EnumModel | string): string {
    return this.#get(`value ${typeof one === "string" ? one : one.name}`);
  }
  error(one: ErrorModel | string): string {
    return this.#get(`error ${typeof one === "string" ? one : one.name}`);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  #get(key: string): string {
    const name = this.#names.find(key);
    if (name === undefined) throw new Error(`no name was given for ${key}`);
    return name;
  }
}

/** The variables of one emitted function. */
export class Scope {
  readonly #taken: Set<string> = new Set();
  readonly #outer: (name: string) => boolean;

  constructor(outer: (name: string) => boolean) {
    this.#outer = outer;
  }

  /** A variable called `wanted`, or as near to it as may be. */
  name(wanted: string): string {
    const plain = wanted.replace(/[^A-Za-z0-9_$]+([A-Za-z0-9])?/g, (_, char: string | undefined) =>
      (char ?? "").toUpperCase(),
    );
    const base = /^[A-Za-z_$]/.test(plain) ? plain : `field${plain}`;
    let name = base;
    for (let i = 2; WORDS.has(name) || this.#taken.has(name) || this.#outer(name); i++) name = `${base}${i}`;
    this.#taken.add(name);
    return name;
  }
}

/** Whether `name` may stand behind a dot. */
export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name);
}

/** `.name`, or `["dash-key"]`. */
export function access(name: string): string {
  return isIdentifier(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** The key of an object literal. `__proto__` there would set the prototype, unless it is computed. */
export function literalKey(name: string): string {
  if (name === "__proto__") return `["__proto__"]`;
  return isIdentifier(name) ? name : JSON.stringify(name);
}

/** Every object has these: `v.constructor` is never undefined. */
export function isInherited(name: string): boolean {
  return name in Object.prototype;
}

export function lowerFirst(name: string): string {
  return name.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]/, (head) => head.toLowerCase());
}

/** A string literal in double quotes, or in backticks where that reads better. */
export function quoted(text: string): string {
  return text.includes('"') && !/[`\\$]/.test(text) ? `\`${text}\`` : JSON.stringify(text);
}
