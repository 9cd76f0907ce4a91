/**
 * Lists as remote objects: a list in a result is one of an interface with a single member, which takes a recorded program
 * and gives what it gave for each item. So a map is a call like any other: it is pipelined, passed on, cancelled, answered
 * and intercepted as calls are. Lists are named by promises only; no message holds one.
 */
import type { CallContext } from "../calls/call-handler.js";
import type { IncomingCall } from "../calls/incoming-call.js";
import { checkProgram } from "./map-check.js";
import {
  type RawProgram,
  type ResultCodec,
  readProgram,
  readResults,
  referenceCodec,
  writeProgram,
  writeResults,
} from "./map-codec.js";
import { type MapMember, type MapProgram, type MapSource, referencesOf } from "./map-program.js";
import { type MapItems, runProgram } from "./map-run.js";
import { PeerSite } from "./map-site.js";
import { pipelining } from "./promised-link.js";
import { references } from "./receiving.js";
import type { ReferenceContext } from "./reference-context.js";
import type { ErrorDescriptor, Member, MemberRun, ResultList, ResultReference, ServiceDescriptor } from "./service.js";

const INTERFACE_ID = 0x1d40bda5;
const services = new WeakMap<ResultList, ServiceDescriptor>();

/** A list as what a path leads to. */
export function listReference(list: ResultList): ResultReference {
  return { properties: list.properties, path: list.path, service: () => listService(list) };
}

export function listService(list: ResultList): ServiceDescriptor {
  let service = services.get(list);
  if (service === undefined) {
    let errors: readonly ErrorDescriptor[] | undefined;
    service = {
      fullName: "peerwire.v1.List",
      interfaceId: INTERFACE_ID,
      fingerprint: 1n,
      members: new Map([[0, mapMember(list)]]),
      get errors() {
        return (errors ??= errorsBehind(list.items));
      },
      createStub: () => {
        throw new Error("a list has no stub");
      },
    };
    services.set(list, service);
  }
  return service;
}

/** Whatever the members of those interfaces, and of those that their results lead to, may throw. */
function errorsBehind(references: readonly ResultReference[]): readonly ErrorDescriptor[] {
  const services = new Set<ServiceDescriptor>();
  const visit = (service: ServiceDescriptor): void => {
    if (services.has(service)) return;
    services.add(service);
    for (const base of service.bases ?? []) visit(base);
    for (const member of service.members.values()) for (const one of referencesOf(member)) visit(one.service());
  };
  for (const { service } of references) visit(service());
  return [...new Set([...services].flatMap(({ errors }) => errors))];
}

const MAP = {
  number: 0,
  name: "map",
  kind: "map",
  parameters: ["peerwire.v1.MapProgram"],
  result: "peerwire.v1.MapResult",
} as const;

/** The member that every list has, for programs that arrive. What it takes and gives depends on the program. */
function mapMember(list: ResultList): Member<object, readonly [RawProgram]> {
  return {
    ...MAP,
    writeArguments: unbound,
    readArguments: (r) => [readProgram(r)],
    bound: ([raw], limits, call) => {
      const program = checkProgram(raw, list, limits, call);
      const run = (context: ReferenceContext, incoming: IncomingCall, items: object): MemberRun =>
        runBeside(context, incoming, program, items as MapItems);
      return { member: programMember(program, list), args: [program], run };
    },
    invoke: unbound,
    writeResult: unbound,
    readResult: unbound,
  };
}

/** Beside the list. Interceptors are around each call that the program makes. */
function runBeside(context: ReferenceContext, call: IncomingCall, program: MapProgram, items: MapItems): MemberRun {
  const site = new PeerSite(context, call, program);
  const result = runProgram(program, items, site);
  return {
    result,
    end: (isAnswered) => {
      site.end(isAnswered);
    },
  };
}

function unbound(): never {
  throw new Error("a list's member without a program");
}

/** The member for one program over `list`. @param invoke  runs it where it was recorded. */
export function programMember(
  program: MapProgram,
  { mapping }: ResultList,
  invoke: (list: object, args: readonly [MapProgram], call: CallContext) => unknown = unbound,
): MapMember {
  const codecs = program.results.map((source) => codecOf(source, program));
  const isIdempotent = program.steps.every(({ member }) => member.idempotent === true || member.kind === "get");
  const shape = program.shape?.make ?? ((results) => results);
  return {
    ...MAP,
    pipelining,
    references,
    ...(isIdempotent && { idempotent: true }),
    lists: [{ ...resultsOf(program), mapping }],
    writeArguments: (w) => {
      writeProgram(w, program);
    },
    readArguments: unbound,
    invoke,
    writeResult: (w, items) => {
      writeResults(w, items, codecs);
    },
    readResult: (r) => readResults(r, codecs, shape),
  };
}

function codecOf(source: MapSource, { steps }: MapProgram): ResultCodec {
  if (source.kind === "step" && source.reference === undefined) return steps[source.step]!.member;
  if (source.kind === "capture") throw new Error("a capture is no result");
  return referenceCodec(source.reference!.service());
}

/** What a program gives is a list in its turn: the references in each item, by position. */
function resultsOf({ steps, results, shape }: MapProgram): Omit<ResultList, "mapping"> {
  const items = results.flatMap((source, i): ResultReference[] => {
    if (source.kind === "capture") return [];
    const place = shape?.places[i] ?? [String(i)];
    if (source.reference !== undefined)
      return [{ properties: place, path: [i + 1, 1], service: source.reference.service }];
    if (source.kind !== "step") return [];
    return referencesOf(steps[source.step]!.member).map(({ properties, path, service }) => ({
      properties: [...place, ...properties],
      path: [i + 1, ...(path.length === 0 ? [1] : path)],
      service,
    }));
  });
  return { properties: [], path: [1], items };
}
