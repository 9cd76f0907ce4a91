/**
 * A project that is edited at random: each file has a few texts that it may have, or may be missing. Between them they refer
 * to each other in every way that a change of one may matter to another.
 */

/** Texts of a file; undefined: it is not there. The first is what it begins with, and returns to often. */
type Texts = readonly (string | undefined)[];

const API = (imports: string, members: string, more = ""): string =>
  `${imports}\n/** @remote */\nexport interface Api {\n${members}\n}\n${more}\n`;

export const FILES: Readonly<Record<string, Texts>> = {
  "user.ts": [
    "export interface User { name: string; friends: User[] }\n",
    "export interface User { name: string; friends: User[]; email?: string | null }\n",
    "\n// Lower.\nexport interface User { title: string }\n",
    "export interface User { name: number; inline: { a: string; b: { c: number }[] } }\n",
    "export interface User { [name: string]: number }\n",
    "/** @remote */\nexport interface User { call(): Promise<void> }\n",
    "export interface User { (text: string): Promise<void> }\n",
    "export type User = { kind: 'user'; at: Date };\n",
    'export enum User { Only = "only" }\n',
    'import type { Kind } from "./kind.js";\nexport interface User { kind: Kind }\n',
    "export interface User { bad: symbol; never: never }\n",
    undefined,
  ],
  "user2.ts": [
    "export interface User2 { second: string }\nexport interface User { fromSecond: true }\n",
    "export interface User2 { second: number; more: boolean }\n",
  ],
  "index.ts": [
    'export * from "./user.js";\nexport * from "./deeper.js";\n',
    'export type { User2 as User } from "./user2.js";\nexport * from "./deeper.js";\n',
    'export * from "./user.js";\nexport interface User { shadow: string }\nexport * from "./deeper.js";\n',
    'export * from "./user2.js";\nexport * from "./deeper.js";\n',
  ],
  "deeper.ts": [
    "export interface Deep { depth: bigint }\n",
    "export interface Deep { depth: bigint; also?: boolean }\nexport interface User { clash: string }\n",
    "export type Deep = string;\n",
  ],
  "kind.ts": [
    'export type Kind = "a" | "b";\n',
    'export type Kind = "a";\n',
    "export type Kind = string;\n",
    'import type { Kind2 } from "./kind2.js";\nexport type Kind = Kind2;\n',
    'import type { Kind2 } from "./kind2.js";\nexport type Kind = Kind2 | null;\n',
    "/** Documented. */\nexport type Kind = { x: number };\n",
  ],
  "kind2.ts": [
    "export type Kind2 = number;\n",
    'export type Kind2 = "p" | "q";\n',
    "export interface Kind2 { y: string }\n",
  ],
  "base.ts": [
    'import type { User } from "./index.js";\nexport interface Base<T> { id: T; owner: User }\nexport interface Page<T> { items: T[]; next?: Page<T> }\n',
    'import type { User } from "./index.js";\nexport interface Base<T> { id: T; owners: User[]; note: string }\nexport interface Page<T> { items: T[]; extra: Partial<T> }\n',
    "export interface Base<T> { key: T }\nexport interface Page<T> { items: Map<string, T>; rest: T extends { name: string } ? 1 : string }\n",
    'import type { Deep } from "./deeper.js";\nexport interface Base<T> extends Deep { id: T }\nexport type Page<T> = { list: T; kind: "page" };\n',
  ],
  "consts.ts": [
    "export const LIMITS = { low: 1, high: 2 } as const;\nexport const ONE = 1;\n",
    "export const LIMITS = { low: 1, high: 2, top: 3 } as const;\nexport const ONE = 4;\n",
  ],
  "color.ts": [
    'import { ONE } from "./consts.js";\nexport enum Color { Red = "red", Green = "green" }\n/** @flags */\nexport enum Rights { Read = ONE, Write = 2 }\n',
    'export enum Color { Red = "red" }\n/** @flags */\nexport enum Rights { Read = 1, Write = 2, All = 3 }\n',
    "export enum Color { Blue = 3, Red = 9 }\nexport enum Rights { Read = 1, Write = 2 }\n",
  ],
  "labels.ts": [
    'import type { Kind } from "./kind.js";\nexport type Labels = Record<string, Kind>;\n',
    'import type { Kind } from "./kind.js";\nexport type Labels = { [name: string]: Labels | Kind };\n',
    'import type { User } from "./user.js";\nexport interface Labels { [name: string]: { who: User }[] }\n',
    "export type Labels = { [name: string]: Labels };\n",
  ],
  "remote.ts": [
    'import type { Kind } from "./kind.js";\n/** @remote */\nexport interface Common { readonly id: string; ping(kind: Kind): Promise<void>; self(): Promise<this> }\n',
    'import type { Deep } from "./index.js";\n/** @remote */\nexport interface Common { ping(deep: Deep): Promise<Deep>; more(): AsyncIterable<Deep> }\n',
    "export interface Common { ping(): Promise<void> }\n",
  ],
  "errors.ts": [
    'import type { Kind } from "./kind.js";\n/** @error */\nexport class NotFound extends Error { constructor(readonly kind: Kind) { super(); } }\n',
    "/** @error */\nexport class NotFound extends Error { path: string = ''; override name = 'NotFound' as const }\n/** @error */\nexport class Denied extends Error {}\n",
    "export class NotFound extends Error {}\n",
  ],
  "other.ts": [
    'import type { Common } from "./remote.js";\nimport type { Page } from "./base.js";\nimport type { User } from "./user.js";\nimport { NotFound } from "./errors.js";\nexport { NotFound };\n/** @remote */\nexport interface Other extends Common { all(page: Page<User>): Promise<Omit<User, "friends">> }\n',
    'import type * as index from "./index.js";\nimport type { Order } from "./orders.js";\nexport interface Other { one(): Promise<index.Deep> }\n/** @remote */\nexport interface Third { give(order: Order): void; readonly deep: Promise<index.Deep> }\n',
    undefined,
  ],
  "orders.ts": [
    'import type { Base } from "./base.js";\nimport type { Kind } from "./kind.js";\nimport type { Labels } from "./labels.js";\nimport type { Event } from "pkg";\ninterface Line { sku: string; price: number }\nexport interface Order extends Base<string> { lines: Line[]; kind: Kind; labels: Labels; event?: Event }\nexport type Change = { kind: "made"; order: Order } | { kind: "gone"; why: Kind };\n',
    'import type { Base } from "./base.js";\nimport type { Event } from "pkg";\ninterface Line { sku: string; price: number; parts?: Line[] }\nexport interface Order extends Base<number> { lines: [Line, ...Line[]]; event: Omit<Event, "name"> }\nexport type Change = Order | string | null;\n',
    'import type { User } from "./user.js";\nimport type { Deep } from "./deeper.js";\nexport interface Order { user: User & { extra: Deep }; keys: keyof User }\nexport type Change = { a: User } | { b: Deep };\n',
  ],
  "global.ts": [
    "interface Everywhere { here: string }\n",
    undefined,
    "interface Everywhere { here: number; there: string }\n",
  ],
  "made.ts": [
    'import type { MadeKind } from "./made-kind.js";\nexport interface Made { kind: MadeKind; at: Date }\nexport interface Gone { kind: "gone"; why: string }\n',
  ],
  "made-kind.ts": [
    'export type MadeKind = "made";\n',
    'export type MadeKind = "made" | "begun";\n',
    "export type MadeKind = string;\n",
  ],
  "stock.ts": [
    'import type { Tagged } from "./tagged.js";\nexport interface Stock extends Tagged { readonly code: Promise<string> }\n',
  ],
  "tagged.ts": [
    "/** @remote */\nexport interface Tagged { tag(): Promise<void> }\n",
    "export interface Tagged { tag: string }\n",
    'import type { User2 } from "./user2.js";\n/** @remote */\nexport interface Tagged { tag(user: User2): Promise<void> }\n',
  ],
  "hidden.ts": [
    "interface Hidden { a: string; inner: { b: number } }\nexport interface ShowA { h: Hidden }\nexport interface ShowB { h: Hidden | null }\n",
    "interface Hidden { a: number }\nexport interface ShowA { g: Hidden[] }\nexport interface ShowB { h: Hidden | null }\n",
  ],
  "shadow.d.ts": ["export interface Shadow { declared: string }\n", "export interface Shadow { declared: number }\n"],
  "shadow.ts": [undefined, "export interface Shadow { written: boolean }\n"],
  // Never edited: what it gives changes with the others.
  "uses.ts": [
    `import type * as all from "./index.js";
import type { Base, Page } from "./base.js";
import type { Color, Rights } from "./color.js";
import type { LIMITS } from "./consts.js";
import type { Deep, User } from "./index.js";
import type { ShowB } from "./hidden.js";
import type { Kind } from "./kind.js";
import type { Labels } from "./labels.js";
import type { Gone, Made } from "./made.js";
import type { Change, Order } from "./orders.js";
import type { Source } from "pkg";
import type { Common } from "./remote.js";
import type { Shadow } from "./shadow.js";
import type { Stock } from "./stock.js";

interface Usage { deep: Deep; kind?: Kind }
export interface Everything {
  user: User;
  users: Map<string, all.User[]>;
  usage: Usage;
  kind: Kind;
  event: Made | Gone;
  labels?: Labels;
  shadow: Shadow;
  color: Color;
  everywhere: Everywhere;
  source: Source;
  keys: { [K in keyof typeof LIMITS]: K };
  name: User extends { name: infer T } ? T : Kind;
}
export interface Derived extends Base<Kind> { part: Pick<Order, "kind">; show: ShowB }
/** @remote */
export interface Uses extends Common {
  everything(everything: Everything): Promise<Derived>;
  page(page: Page<User>, rights: Rights): Promise<Page<Page<Deep>> | undefined>;
  change(change: Change, some: Partial<Order>): AsyncIterable<Change>;
  stock(stock: Stock, listener: (kind: Kind) => Promise<User>): Promise<{ stock: Stock }>;
}
`,
  ],
  "node_modules/pkg/index.d.ts": [
    "export interface Event { name: string; source: Source }\nexport interface Source { url: string; tags: Record<string, string[]> }\n",
    "export interface Event { name: string; source: Source; at: Date }\nexport interface Source { url: string }\n",
    "export interface Event { name: string; emit(): void }\nexport interface Source { url: string }\n",
  ],
  "api.ts": [
    API(
      'import type { User } from "./index.js";\nimport type { ShowA } from "./hidden.js";\nimport type { Change, Order } from "./orders.js";\nimport type { Color, Rights } from "./color.js";\nimport type { Page } from "./base.js";\nimport { NotFound } from "./errors.js";\nexport { NotFound };',
      "  find(id: string, options?: { limit?: number }): Promise<User | undefined>;\n  list(color: Color, rights: Rights): Promise<Page<Order>>;\n  watch(): AsyncIterable<Change>;\n  show(show: ShowA): Promise<void>;\n  on(listener: (user: User) => void): Promise<void>;",
    ),
    API(
      'import type { Source } from "pkg";\nimport type { Kind } from "./kind.js";\nimport type { LIMITS } from "./consts.js";\nimport type { Common } from "./remote.js";',
      "  /** @was find */\n  look(id: Kind): Promise<{ [K in keyof typeof LIMITS]: Kind } | null>;\n  source(source: Source): Promise<Everywhere>;\n  common(): Promise<Common>;",
      "export interface Order { clash: string }\n",
    ),
    API(
      'import type { Order } from "./orders.js";\nimport type { Common } from "./remote.js";\nimport type { User } from "./user.js";',
      '  save(order: Partial<Order>, user: Required<User>): Promise<Order["lines"]>;\n  pair(): Promise<{ common: Common; order: Order }>;\n  readonly fn: Promise<ReturnType<Api["pair"]> extends Promise<infer T> ? T : never>;',
    ),
    API("", "  nothing(): Promise<void>;\n  nothing(a: string): Promise<void>;"),
  ],
  "tsconfig.json": [
    '{ "compilerOptions": { "strict": true, "target": "es2023", "lib": ["es2023"], "types": [] } }',
    '{ "compilerOptions": { "strict": true, "target": "es2023", "lib": ["es2023"], "types": [], "exactOptionalPropertyTypes": true } }',
  ],
};

export const CONFIGS: readonly string[] = [
  '{ "sources": ["*.ts"], "package": "acme.v1" }',
  '{ "sources": ["api.ts", "remote.ts", "errors.ts"], "package": "acme.v1" }',
  '{ "sources": ["*.ts"], "package": "acme.shop.v1", "runtimeProtos": false }',
];
