/**
 * What hub and plugin serve each other beside the application's own roots: a mailbox for events, and at the hub the
 * finding of other plugins. An ordinary root under a reserved name, so no member of a user's interface can meet it.
 * Source: schema/peerwire/v1/hub.proto.
 */
import { RemoteStub } from "../api/stub.js";
import type { CallContext } from "../calls/call-handler.js";
import { linkOf } from "../references/link-of.js";
import { references } from "../references/receiving.js";
import type { Member, ServiceDescriptor } from "../references/service.js";
import type { ValueReader } from "../references/value-reader.js";
import type { ValueWriter } from "../references/value-writer.js";

/** An event as it crosses: whose, which, and its arguments as that member's request message. */
export interface WireEvent {
  readonly interfaceId: number;
  readonly member: number;
  readonly arguments: Uint8Array;
}

/** A root of another plugin, and the interface under which it goes on. */
export interface Found {
  readonly service: ServiceDescriptor;
  readonly object: object;
}

export interface HubLink {
  /** Resolves when all of them have been taken: then there is room for more. */
  deliver(events: readonly WireEvent[], context: CallContext): Promise<void>;
  find(name: string, interfaceName: string, context: CallContext): Promise<Found>;
}

const deliver: Member<HubLink, [readonly WireEvent[]], void> = {
  number: 1,
  name: "deliver",
  kind: "call",
  parameters: ["peerwire.v1.DeliverRequest"],
  result: "",
  writeArguments(w, [events]) {
    for (const { interfaceId, member, arguments: bytes } of events) {
      const at = w.begin(10, "events");
      w.fixed32(13, interfaceId, "interface_id");
      w.uint32(16, member, "member");
      if (bytes.length > 0) w.bytes(26, bytes, "arguments");
      w.end(at);
    }
  },
  readArguments(r) {
    const events: WireEvent[] = [];
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) events.push(readEvent(r));
      else r.skip(tag);
    }
    return [events];
  },
  invoke: (target, [events], call) => target.deliver(events, call),
  writeResult: () => undefined,
  readResult: () => undefined,
};

/** The member that finds another plugin: its result is a reference to whatever interface was asked for. */
function findMember(service: ServiceDescriptor | undefined): Member<HubLink, [string, string]> {
  return {
    number: 2,
    name: "find",
    kind: "call",
    parameters: ["string", "string"],
    result: "any object",
    references,
    writeArguments(w, [name, interfaceName]) {
      w.string(10, name, "name");
      w.string(18, interfaceName, "interface");
    },
    readArguments(r) {
      let name = "";
      let interfaceName = "";
      while (r.more()) {
        const tag = r.tag();
        if (tag === 10) name = r.string("name");
        else if (tag === 18) interfaceName = r.string("interface");
        else r.skip(tag);
      }
      return [name, interfaceName];
    },
    invoke: (target, [name, interfaceName], call) => target.find(name, interfaceName, call),
    writeResult(w: ValueWriter, found: unknown) {
      const { service: as, object } = found as Found;
      w.object(10, as, object, "");
    },
    readResult(r: ValueReader) {
      let object: object | undefined;
      while (r.more()) {
        const tag = r.tag();
        if (tag === 10 && service !== undefined) object = r.object(service, "");
        else r.skip(tag);
      }
      if (object === undefined) throw r.missing("result");
      return object;
    },
  };
}

function readEvent(r: ValueReader): WireEvent {
  r.element("events");
  const outer = r.enter("events");
  let interfaceId = 0;
  let member = 0;
  let bytes = new Uint8Array();
  while (r.more()) {
    const tag = r.tag();
    if (tag === 13) interfaceId = r.fixed32("interface_id");
    else if (tag === 16) member = r.uint32("member");
    else if (tag === 26) bytes = r.bytes("arguments");
    else r.skip(tag);
  }
  r.leave(outer);
  return { interfaceId, member, arguments: bytes };
}

export class HubLinkStub extends RemoteStub implements HubLink {
  deliver(events: readonly WireEvent[]): Promise<void> {
    return this.$call(deliver, [events]);
  }

  /** @internal Only for the serving side's interface. */
  find(): Promise<Found> {
    return Promise.reject(new TypeError("use findPlugin"));
  }
}

export const HubLinkService: ServiceDescriptor<HubLink, HubLinkStub> = {
  fullName: "peerwire.v1.HubLinkService",
  interfaceId: 0x37b87bef,
  fingerprint: 1n,
  members: new Map<number, Member<HubLink>>([
    [1, deliver],
    [2, findMember(undefined)],
  ] as [number, Member<HubLink>][]),
  errors: [],
  createStub: (link) => new HubLinkStub(link),
};

/** Asks the hub for a root of another plugin. */
export function findPlugin<Stub extends object>(
  hub: HubLinkStub,
  name: string,
  service: ServiceDescriptor<object, Stub>,
): Promise<Stub> {
  return linkOf(hub)!.call(findMember(service) as Member<never, [string, string], Stub>, [name, service.fullName]);
}
