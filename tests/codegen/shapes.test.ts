/**
 * Every shape of the table, generated, type-checked and run: random values through our codec, then through protobuf-es
 * by the emitted schema (the oracle), then through ours again.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  type DescMessage,
  type Message as AnyMessage,
  createFileRegistry,
  fromBinary,
  toBinary,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import ts from "typescript";
import type { MemberModel, ServiceModel } from "../../codegen/model/api-model.js";
import type { Generated } from "../../codegen/generate.js";
import type { Member, ServiceDescriptor } from "../../runtime/references/service.js";
import { ValueReader } from "../../runtime/references/value-reader.js";
import { ValueWriter } from "../../runtime/references/value-writer.js";
import { Arbitraries } from "./support/arbitrary.js";
import { TypeValues } from "./support/type-values.js";
import { Slots } from "./support/slots.js";
import { ROOT, workspace } from "./support/workspace.js";

const PACKAGE = "acme.shapes.v1";
const space = workspace("shapes", { package: PACKAGE }, ["node"]);
let generated: Generated;
let registry: ReturnType<typeof createFileRegistry>;
let arbitraries: Arbitraries;
const enums = new Map<string, Record<string, unknown>>();
let program: ts.Program;
const descriptors = new Map<string, ServiceDescriptor>();

beforeAll(async () => {
  generated = space.generate();
  expect(generated.diagnostics).toEqual([]);
  const image = join(space.folder, "image.binpb");
  execFileSync(join(ROOT, "node_modules/.bin/buf"), ["build", "--as-file-descriptor-set", "-o", image], {
    cwd: space.folder,
  });
  registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(image)));
  for (const source of generated.model.sources) {
    const module = (await import(join(space.folder, "generated", source.replace(/\.ts$/, ".rpc.ts")))) as Record<
      string,
      unknown
    >;
    for (const one of Object.values(module)) {
      if (typeof one === "object" && one !== null && "fullName" in one) {
        descriptors.set((one as ServiceDescriptor).fullName, one as ServiceDescriptor);
      }
    }
    const own = (await import(join(space.folder, source))) as Record<string, unknown>;
    for (const [name, one] of Object.entries(own)) {
      if (typeof one === "object" && one !== null) enums.set(name, one as Record<string, unknown>);
    }
  }
  arbitraries = new Arbitraries(generated.model, enums);
  const path = join(space.folder, "tsconfig.json");
  const { config } = ts.readConfigFile(path, (name) => ts.sys.readFile(name)) as { config: unknown };
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, space.folder);
  program = ts.createProgram(parsed.fileNames, parsed.options);
});

function roundTrip<T>(
  message: string,
  value: T,
  write: (w: ValueWriter, value: T) => void,
  read: (r: ValueReader) => unknown,
): unknown[] {
  const slots = new Slots();
  const writer = new ValueWriter(slots);
  write(writer, value);
  const bytes = writer.finish();
  const ours = read(new ValueReader(bytes, slots.source));
  const schema = registry.getMessage(`${PACKAGE}.${message}`);
  if (!schema) throw new Error(`no message ${message} in the schema`);
  const theirs = fromBinary(schema, bytes);
  expectNothingUnknown(schema, theirs);
  const again = read(new ValueReader(toBinary(schema, theirs), slots.source));
  return [ours, again];
}

function expectNothingUnknown(schema: DescMessage, message: AnyMessage): void {
  expect((message as { $unknown?: unknown }).$unknown ?? []).toEqual([]);
  const view = reflect(schema, message);
  for (const field of schema.fields) {
    if (!view.isSet(field)) continue;
    const value: unknown = view.get(field);
    if (field.fieldKind === "message") expectNothingUnknown(field.message, (value as { message: AnyMessage }).message);
    if (field.fieldKind === "list" && field.listKind === "message") {
      for (const one of value as Iterable<{ message: AnyMessage }>) expectNothingUnknown(field.message, one.message);
    }
    if (field.fieldKind === "map" && field.mapKind === "message") {
      for (const [, one] of value as Iterable<[unknown, { message: AnyMessage }]>)
        expectNothingUnknown(field.message, one.message);
    }
  }
}

describe("emitted code", () => {
  it("compiles under every strict flag", () => {
    // What is inferred cannot be declared in isolation: the author's own affair, which emitted code has no part in.
    const isInferred = ({ code, file }: ts.Diagnostic): boolean =>
      code >= 9000 && code < 10000 && file?.fileName === join(space.folder, "inferred.ts");
    const all = ts.getPreEmitDiagnostics(program).filter((one) => !isInferred(one));
    const found = all.map((one) => {
      const at = one.file && one.start !== undefined ? one.file.getLineAndCharacterOfPosition(one.start).line + 1 : 0;
      return `${one.file?.fileName ?? ""}:${at} ${ts.flattenDiagnosticMessageText(one.messageText, " ")}`;
    });
    expect(found).toEqual([]);
  });

  it("imports its runtime from peerwire/emitted-v1 alone", () => {
    for (const name of readdirSync(join(space.folder, "generated"))) {
      if (!name.endsWith(".rpc.ts")) continue;
      const specifiers = [...space.read(`generated/${name}`).matchAll(/ from "([^"]+)"/g)].map((one) => one[1]!);
      expect(specifiers.filter((one) => !one.startsWith("."))).toEqual(
        specifiers.filter((one) => one === "peerwire/emitted-v1"),
      );
    }
  });

  it("is clean under buf lint and buf format", () => {
    const buf = (...args: string[]): string =>
      spawnSync(join(ROOT, "node_modules/.bin/buf"), args, { cwd: space.folder, encoding: "utf8" }).stdout;
    expect(buf("lint")).toBe("");
    expect(buf("format", "--diff", "--exit-code")).toBe("");
  });
});

const FILES = readdirSync(join(ROOT, "tests/codegen/fixtures/shapes")).map((name) => name.replace(/\.ts$/, ""));

describe.each(FILES)("values of %s", (file) => {
  it("come back as they were, from us and from protobuf-es", () => {
    const services = generated.model.services.filter((one) => one.home === `${file}.ts`);
    let members = 0;
    for (const service of services) for (const member of service.members) members += judgeMember(service, member);
    if (file !== "presence") expect(members).toBeGreaterThan(0);
  });
});

// Tags demand more than types say: their values are made from the model.
const TYPED = FILES.filter((file) => file !== "rules");

describe.each(TYPED)("values that the compiler lets through, of %s", (file) => {
  it("come back as they were, from us and from protobuf-es", () => {
    const checker = program.getTypeChecker();
    const values = new TypeValues(checker, enums);
    const source = program.getSourceFile(join(space.folder, `${file}.ts`))!;
    let methods = 0;
    for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(source)!)) {
      const service = generated.model.services.find((one) => one.home === `${file}.ts` && one.base === symbol.name);
      if (service?.kind !== "interface") continue;
      for (const member of service.members) {
        const property = checker.getPropertyOfType(checker.getDeclaredTypeOfSymbol(symbol), member.name)!;
        const [signature] = checker.getTypeOfSymbol(property).getCallSignatures();
        if (!signature) continue;
        methods++;
        const given = checker.getAwaitedType(signature.getReturnType());
        judgeCodec(service, member, values.arguments(signature), given && values.of(given));
      }
    }
    expect(methods).toBeGreaterThan(0);
  });
});

function judgeMember(service: ServiceModel, member: MemberModel): number {
  const parameters = member.parameters.map((one) =>
    one.field ? arbitraries.field(one.field) : fc.constant(undefined),
  );
  const args = fc.tuple(...parameters).map((values) => {
    const rest = member.parameters.at(-1)?.rest ? (values.pop() as unknown[]) : [];
    return [...values, ...rest];
  });
  const { result } = member;
  judgeCodec(service, member, args, result && arbitraries.field(result));
  return 1;
}

function judgeCodec(
  service: ServiceModel,
  member: MemberModel,
  args: fc.Arbitrary<unknown[]>,
  given: fc.Arbitrary<unknown> | undefined,
): void {
  const codec = descriptors.get(`${PACKAGE}.${service.name}`)!.members.get(member.number) as Member<object, unknown[]>;
  const base = service.name + member.rpcName;
  const call = { signal: undefined } as never;
  fc.assert(
    fc.property(args, (values) => {
      const results = roundTrip(
        `${base}Request`,
        values,
        (w, value) => {
          codec.writeArguments(w, value);
        },
        (r) => codec.readArguments(r, call),
      );
      for (const result of results) expect(result).toEqual(values);
      for (const result of results) expect(ownKeys(result)).toEqual(ownKeys(values));
    }),
    { numRuns: 25 },
  );
  if (!given || member.style !== "value") return;
  fc.assert(
    fc.property(given, (value) => {
      for (const one of roundTrip(
        `${base}Response`,
        value,
        (w, it) => {
          codec.writeResult(w, it);
        },
        (r) => codec.readResult(r),
      )) {
        expect(one).toEqual(value);
        expect(ownKeys(one)).toEqual(ownKeys(value));
      }
    }),
    { numRuns: 25 },
  );
}

/** What toEqual passes over: whether a key is there, with undefined; what is in memory, and beside an error's message. */
function ownKeys(value: unknown): unknown {
  if (ArrayBuffer.isView(value))
    return [value.constructor.name, Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")];
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString("hex");
  if (value instanceof Error)
    return [
      value.name,
      value.message,
      Object.hasOwn(value, "cause"),
      ownKeys(value.cause),
      Object.entries(value).map(ownKeys),
    ];
  if (value instanceof RegExp || value instanceof URL) return String(value);
  if (value instanceof Map) {
    // A map of the schema has no order: to protobuf-es it is an object, which puts numbers first.
    const order = ([one]: [unknown, unknown], [other]: [unknown, unknown]): number =>
      typeof one === "object" || typeof other === "object" ? 0 : (one as string) < (other as string) ? -1 : 1;
    return [...value].sort(order).map(ownKeys);
  }
  if (Array.isArray(value) || value instanceof Set) return [...(value as Iterable<unknown>)].map(ownKeys);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return typeof value;
  return Object.keys(value)
    .sort()
    .map((key) => [key, ownKeys(Object.getOwnPropertyDescriptor(value, key)!.value)]);
}
