/** Types that cannot cross as they are: each is refused alone, in a sentence that says what to write instead. */
import { beforeAll, describe, expect, it } from "@jest/globals";
import type { Diagnostic } from "../../codegen/diagnostics.js";
import { workspace } from "./support/workspace.js";

const CASES: readonly (readonly [type: string, message: string, hint: string, before?: string])[] = [
  // Nothing to carry
  ["never", "never has no values", "leave it out"],
  ["{ a: string; b: never }", "never has no values", "leave it out"],
  ["{ a: string } & { a: number }", "never has no values", "leave it out"],
  ["NAMEEnum", "the enum NAMEEnum has no members", "give it some", "export enum NAMEEnum {}"],
  ["{ a?: null }", "null or undefined, and nothing else", "write boolean"],
  ["null[]", "nothing but null or undefined", "leave it out"],
  ["Map<string, void>", "nothing but null or undefined", "write a Set of its keys"],
  ["Record<string, null>", "nothing but null or undefined", "write a Set of its keys"],
  // Literals with a brand
  ["(1 | 2) & { readonly unit?: 'px' }", "a literal with a brand", "without the brand"],
  ["(1 & { readonly unit?: 'px' }) | 2", "a literal with a brand", "without the brand"],
  ["(1 & { readonly unit?: 'px' }) | null", "a literal with a brand", "without the brand"],
  ["(1n | 2n | string) & { readonly unit?: 'px' }", "a literal with a brand", "without the brand"],
  ["true & { readonly sure?: 'yes' }", "a literal with a brand", "without the brand"],
  [
    "NAMEEnum & { readonly unit?: 'px' }",
    "a literal with a brand",
    "without the brand",
    "export enum NAMEEnum { A, B }",
  ],
  // Symbols
  ["symbol", "a symbol means nothing in another process", "a literal union of strings"],
  ["{ [key: symbol]: string }", "neither of string nor of number", "Record<string, T>"],
  ["{ [Symbol.iterator]: number; a: string }", "a property named by a symbol", "name it by a string"],
  // Index signatures
  ["Record<`data-${string}`, string>", "neither of string nor of number", "Record<string, T>"],
  ["{ [at: number]: string; [name: string]: string | Date }", "several index signatures", "Record<string, T>"],
  ["{ id: string } & Record<string, string>", "beside named properties", "extra: Record<string, T>"],
  ["Record<'a' | `x-${string}`, string>", "beside named properties", "extra: Record<string, T>"],
  // What the library declares
  ["Object", "the wrapper type Object", "Record<string, T>"],
  ["Promise<string>", "a Promise inside data", "await it first"],
  ["{ a: Promise<string> }", "a Promise inside data", "await it first"],
  ["Generator<string>", "Generator cannot cross", "AsyncIterable<T>"],
  ["Iterable<string>", "Iterable cannot cross", "write T[]"],
  ["AsyncGenerator<string, void, undefined>", "would carry only its items", "AsyncIterable<T>"],
  ["WeakRef<object>", "WeakRef cannot cross", "a @remote interface"],
  ["WeakMap<object, string>", "WeakMap cannot cross", "write Map"],
  ["ArrayLike<string>", "ArrayLike cannot cross", "write T[]"],
  ["SharedArrayBuffer", "SharedArrayBuffer cannot cross", "write ArrayBuffer"],
  ["Uint8Array<SharedArrayBuffer>", "shared memory cannot cross", "leave out SharedArrayBuffer"],
  ["ArrayBufferView", "ArrayBufferView cannot cross", "write Uint8Array"],
  ["TypeError", "TypeError cannot cross", "write Error"],
  ["AggregateError", "AggregateError cannot cross", "write Error"],
  ["PropertyDescriptor", "PropertyDescriptor cannot cross", "with what is needed of it"],
  // What is more than what the library declares
  ["Date & { readonly zone: string }", "something with the methods of Date", "write Date itself"],
  ["Readonly<Date>", "something with the methods of Date", "write Date itself"],
  [
    "NAMEMap",
    "something with the methods of Map",
    "write Map itself",
    "export interface NAMEMap extends Map<string, number> {}",
  ],
  ["string[] & { readonly sorted: true }", "something with the methods of a list", "write T[] itself"],
  [
    "NAMEList",
    "something with the methods of a list",
    "an interface with both",
    "export interface NAMEList extends Array<string> { total: number }",
  ],
  [
    "Error & { code: string }",
    "would arrive as a plain object",
    "write Error: its name, message, cause and own properties cross",
  ],
  ["NAMEError", "would arrive as a plain object", "or throw it", "export class NAMEError extends Error { code = 1; }"],
  // Classes
  [
    "NAMEClass",
    "has methods",
    "a @remote interface with its methods",
    "export class NAMEClass { x = 0; get(): number { return this.x; } }",
  ],
  [
    "NAMEClass",
    "has methods",
    "an interface with its data",
    "export class NAMEClass { x = 0; get twice(): number { return this.x; } }",
  ],
  ["NAMEClass", "has private members", "an interface with its data", "export class NAMEClass { x = 0; #y = 1; }"],
  ["new (a: string) => Date", "a class itself, as data", "with X a @remote interface"],
  // Functions
  ["{ run?(): void }", "the method run", "write a callback: run: (...) => Promise<T>"],
  ["<T>(a: T) => Promise<T>", "a generic function", "write the types that are meant"],
  ["{ (a: string): void; (a: number): void }", "an overloaded function", "write one signature"],
  ["(a: string) => number", "a callback that returns at once", "return Promise<number>"],
  ["(() => void) | ((a: string) => void)", "several members of one kind (function)", "wrap each"],
  ["(() => void) & { a: string }", "a function that also has properties", "an interface with a function in it"],
  [
    "() => AsyncGenerator<string, number, boolean>",
    "returns AsyncIterable<T> directly",
    "return Promise<AsyncIterable<T>>",
  ],
  // Tuples
  ["[...string[], number]", "a tuple with something behind its rest element", "put the rest last"],
  ["[string, ...number[], boolean]", "a tuple with something behind its rest element", "put the rest last"],
  // Unions
  ["Record<string, string> | Record<string, number>", "cannot be told apart", 'kind: "a"'],
  ["{ a?: string } | { a?: number }", "cannot be told apart", 'kind: "a"'],
  [
    "NAMEPage<string> | NAMEPage<number>",
    "cannot be told apart",
    'kind: "a"',
    "export interface NAMEPage<T> { items: T[] }",
  ],
  ["Buffer | Uint8Array", "several members of one kind (bytes)", "wrap each"],
  ["{ t: 1; a: 1 } | { t: '1'; b: string }", "two cases of the union are both t_1", "give one another literal"],
  // Enums
  [
    "NAMEEnum",
    "the enum NAMEEnum cannot be imported",
    "an enum of your own",
    "export declare enum NAMEEnum { A = 1, B = 2 }",
  ],
  [
    "{ k: NAMEEnum.A }",
    "whose value is computed when the program starts",
    "write the value where the enum is declared",
    "export enum NAMEEnum { A = 'ab'.length, B = 'b'.length }",
  ],
  ["'a-b' | 'a_b'", "two values of", "write an enum, whose members have names of their own"],
  ["'1' | 1", "two values of", "write an enum, whose members have names of their own"],
  // Names
  ["{ fooBar: string; foo_bar: string }", "are both foo_bar in the schema", "rename one of them"],
  [
    "NAMEGrow<string>",
    "a type that grows without end",
    "give the inner type a name of its own",
    "export interface NAMEGrow<T> { value: T; next?: NAMEGrow<T[]> }",
  ],
];

describe("what cannot cross", () => {
  const told = new Map<number, readonly Diagnostic[]>();

  beforeAll(() => {
    // A type that grows without end ends the whole run: it has one of its own.
    const isLast = (type: string): boolean => type.startsWith("NAMEGrow");
    for (const last of [false, true]) {
      const cases = [...CASES.entries()].filter(([, [type]]) => isLast(type) === last);
      const files = cases.map(([i, [type, , , before = ""]]): [string, string] => {
        const source = `${before}\n/** @remote */\nexport interface NAME {\n  use(value: ${type}): Promise<void>;\n}\n`;
        return [`case${i}.ts`, source.replaceAll("NAME", `Case${i}`)];
      });
      const { diagnostics } = workspace(Object.fromEntries(files), {}, ["node"]).generate();
      for (const [i] of cases)
        told.set(
          i,
          diagnostics.filter((one) => one.location.file === `case${i}.ts`),
        );
    }
  });

  it.each(CASES.map(([type, message, hint], i) => [type, message, hint, i] as const))(
    "%s: %s",
    (_, message, hint, i) => {
      const here = told.get(i)!;
      expect(here).toContainEqual(
        expect.objectContaining({
          message: expect.stringContaining(message.replaceAll("NAME", `Case${i}`)),
          hint: expect.stringContaining(hint),
        }),
      );
      // Two cases of one name are two messages of one name, too.
      const codes = new Set(here.map((one) => one.code).filter((code) => code !== "PW1401"));
      expect(codes.size).toBe(1);
    },
  );
});
