/** Programs and what they give, as bytes: MapProgram and MapResult of schema/peerwire/v1/map.proto. */
import { NO_BYTES, CallKind } from "../messages/instruction.js";
import type { MapProgram, MapSource, MapStep } from "./map-program.js";
import type { Member, ServiceDescriptor } from "./service.js";
import type { UntypedReference, ValueReader } from "./value-reader.js";
import type { ValueWriter } from "./value-writer.js";

/** A program as it arrived: nothing in it has been judged. */
export interface RawProgram {
  readonly steps: readonly RawStep[];
  readonly results: readonly RawSource[];
  readonly captures: readonly UntypedReference[];
}

export interface RawStep {
  target: RawSource;
  member: number;
  kind: number;
  interfaceId: number;
  arguments: Uint8Array;
  readonly references: RawSource[];
}

export interface RawSource {
  readonly from: "item" | "step" | "capture";
  /** Of the step or the capture. */
  readonly index: number;
  readonly path: readonly number[];
}

export function writeProgram(w: ValueWriter, program: MapProgram): void {
  for (const step of program.steps) {
    const start = w.begin(10, "steps");
    writeStep(w, step);
    w.end(start);
  }
  for (const source of program.results) writeSource(w, 18, source);
  program.captures.forEach((capture, i) => {
    if (capture !== undefined) w.object(26, capture.service, capture.object, "captures", i);
    else {
      const start = w.begin(26, "captures", i);
      w.uint32(8, NO_SLOT, "slot");
      w.end(start);
    }
  });
}

function writeStep(w: ValueWriter, { target, service, member, arguments: args, references }: MapStep): void {
  writeSource(w, 10, target);
  w.uint32(16, member.number, "member");
  w.uint32(24, CallKind[member.kind], "kind");
  const { interfaceId = 0 } = member;
  if (interfaceId !== 0 && interfaceId !== service.interfaceId) w.fixed32(37, interfaceId, "interfaceId");
  if (args.length > 0) w.bytes(42, args, "arguments");
  for (const source of references) writeSource(w, 50, source);
}

function writeSource(w: ValueWriter, tag: number, source: MapSource): void {
  const start = w.begin(tag, "source");
  if (source.kind === "step") w.uint32(8, source.step, "step");
  else if (source.kind === "capture") w.uint32(16, source.capture, "capture");
  const path = source.kind === "capture" ? undefined : source.reference?.path;
  if (path !== undefined && path.length > 0) w.packed(26, path, "path", "uint32");
  w.end(start);
}

export function readProgram(r: ValueReader): RawProgram {
  const program = { steps: [] as RawStep[], results: [] as RawSource[], captures: [] as UntypedReference[] };
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10 || tag === 18 || tag === 26) r.element("");
    if (tag === 10) program.steps.push(readStep(r, program.steps.length));
    else if (tag === 18) program.results.push(readSource(r));
    else if (tag === 26) program.captures.push(r.untyped("captures", program.captures.length));
    else r.skip(tag);
  }
  return program;
}

function readStep(r: ValueReader, index: number): RawStep {
  const step: RawStep = { target: ITEM, member: 0, kind: 0, interfaceId: 0, arguments: NO_BYTES, references: [] };
  const outer = r.enter("steps", index);
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        step.target = readSource(r);
        break;
      case 16:
        step.member = r.uint32("member");
        break;
      case 24:
        step.kind = r.enum("kind");
        break;
      case 37:
        step.interfaceId = r.fixed32("interfaceId");
        break;
      case 42:
        step.arguments = r.bytes("arguments");
        break;
      case 50:
        r.element("references");
        step.references.push(readSource(r));
        break;
      default:
        r.skip(tag);
    }
  }
  r.leave(outer);
  return step;
}

function readSource(r: ValueReader): RawSource {
  let from: RawSource["from"] = "item";
  let index = 0;
  const path: number[] = [];
  const outer = r.enter("source");
  while (r.more()) {
    const tag = r.tag();
    if (tag === 8) [from, index] = ["step", r.uint32("step")];
    else if (tag === 16) [from, index] = ["capture", r.uint32("capture")];
    else if (tag === 26 || tag === 24) r.packed(tag, path, "path", "uint32");
    else r.skip(tag);
  }
  r.leave(outer);
  return { from, index, path };
}

/** How one result of an item is written and read: like the result of a call of its own. */
export type ResultCodec = Pick<Member<never>, "writeResult" | "readResult">;

/** Of a result that is a reference: a message with it in field 1. */
export function referenceCodec(service: ServiceDescriptor): ResultCodec {
  return {
    writeResult: (w, value) => {
      w.object(10, service, value as object, "");
    },
    readResult: (r) => {
      let value: object | undefined;
      while (r.more()) {
        const tag = r.tag();
        if (tag === 10) value = r.object(service, "");
        else r.skip(tag);
      }
      if (value === undefined) throw r.missing("result");
      return value;
    },
  };
}

/** @param items  for each, its results. */
export function writeResults(w: ValueWriter, items: readonly unknown[], codecs: readonly ResultCodec[]): void {
  items.forEach((results, i) => {
    const item = w.begin(10, "", i);
    codecs.forEach((codec, j) => {
      const start = w.beginAt(j + 1, 10, "");
      codec.writeResult(w, (results as readonly unknown[])[j]);
      w.end(start);
    });
    w.end(item);
  });
}

/** @param shape  makes of an item's results what is given for it. */
export function readResults(
  r: ValueReader,
  codecs: readonly ResultCodec[],
  shape: (results: readonly unknown[]) => unknown,
): unknown[] {
  const items: unknown[] = [];
  while (r.more()) {
    const tag = r.tag();
    if (tag !== 10) {
      r.skip(tag);
      continue;
    }
    r.element("");
    const results: unknown[] = [];
    const outer = r.enter("", items.length);
    while (r.more()) {
      const inner = r.tag();
      const codec = inner === 10 ? codecs[results.length] : undefined;
      if (codec === undefined) {
        r.skip(inner);
        continue;
      }
      const end = r.enter("");
      results.push(codec.readResult(r));
      r.leave(end);
    }
    r.leave(outer);
    if (results.length < codecs.length) throw r.missing(`[${items.length}]`);
    items.push(shape(results));
  }
  return items;
}

/** Of a capture that is read by nobody here, perhaps by a newer peer further on: it is refused there. */
const NO_SLOT = 0xffff_ffff;
const ITEM: RawSource = { from: "item", index: 0, path: [] };
