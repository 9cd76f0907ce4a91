// A project as large companies have them, made up: files of ten interfaces, two of them remote, that refer to each other.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes `count` interfaces of eleven members on average into files of ten. @returns the paths of the sources. */
export function writeWorkload(folder, count) {
  const files = Math.max(1, Math.round(count / 10));
  mkdirSync(join(folder, "src"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "workload", type: "module" }));
  writeFileSync(join(folder, "peerwire.config.json"), JSON.stringify({ sources: ["src/*.ts"], package: "bench.v1" }));
  const paths = [];
  for (let file = 0; file < files; file++) {
    const path = join(folder, "src", `module${file}.ts`);
    writeFileSync(path, moduleText(file, files));
    paths.push(path);
  }
  return paths;
}

export function moduleText(file, files, extra = "") {
  const other = (file * 7 + 3) % files;
  const lines = [`import type { State${other}, Order${other} } from "./module${other}.js";`, ""];
  if (other === file) lines.length = 0;
  lines.push(`export type State${file} = "open" | "shut" | "gone${file}";`, "");
  for (const name of ["Order", "Line", "Customer", "Address", "Invoice", "Parcel", "Payment", "Note"]) {
    lines.push(`/** ${name} number ${file}. */`, `export interface ${name}${file} {`, ...properties(name, file, other));
    lines.push("}", "");
  }
  for (const name of ["Shop", "Desk"]) {
    lines.push("/** @remote */", `export interface ${name}${file} {`, ...methods(name, file, extra), "}", "");
  }
  return lines.join("\n");
}

function properties(name, file, other) {
  const own = [
    "  id: string;",
    "  /** When it was made. */",
    "  created: Date;",
    "  updated?: Date | null;",
    "  count: number;",
    "  total: bigint;",
    "  active: boolean;",
    "  tags: string[];",
    "  labels?: Record<string, string>;",
    `  state: State${other};`,
    "  rows: { key: string; value: number | null }[];",
  ];
  if (name === "Order") own.push(`  lines: Line${file}[];`, `  customer: Customer${file};`);
  if (name === "Invoice") own.push(`  order: Order${other};`, "  by: Map<string, bigint>;");
  if (name === "Payment") own.push('  how: { kind: "card"; digits: string } | { kind: "cash"; coins: number[] };');
  return own;
}

function methods(name, file, extra) {
  return [
    `  find(id: string, options?: { limit?: number; after?: string }): Promise<Order${file} | undefined>;`,
    `  list(state: State${file}): Promise<Order${file}[]>;`,
    `  save(order: Order${file}, note?: Note${file}): Promise<void>;`,
    `  pay(invoice: Invoice${file}, payment: Payment${file}): Promise<boolean>;`,
    `  move(parcel: Parcel${file}, to: Address${file}): Promise<void>;`,
    `  watch(signal?: AbortSignal): AsyncIterable<Order${file}>;`,
    "  onChange(listener: (id: string) => void): Promise<void>;",
    `  desk(): Promise<Desk${file}>;`,
    ...(name === "Shop" ? [extra] : []),
  ].filter((line) => line !== "");
}
