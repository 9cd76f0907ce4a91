/**
 * The numbers of a service: its members by name, the parameters and results of each by position. A callback's one
 * method has no number to keep: whoever calls it names no member.
 */
import type { Diagnostics } from "../diagnostics.js";
import type { ApiModel, Reserved, ServiceModel } from "../model/api-model.js";
import { responseFields } from "../model/lowering.js";
import { rpcMessages } from "../model/rpc-messages.js";
import { NOTHING_LOCKED } from "../proto/proto-reader.js";
import { copyOf, numberByPosition } from "./number-fields.js";
import { type Claim, type NumberOptions, judgeLocked, settle } from "./settle-numbers.js";

/** Its members, their parameters and results. */
export function numberService(
  model: ApiModel,
  one: ServiceModel,
  options: NumberOptions,
  told: Diagnostics,
  gone: Record<string, Reserved>,
): ServiceModel {
  const members = one.members.map((member) => ({
    ...member,
    parameters: member.parameters.map((each) => (each.field ? { ...each, field: copyOf(each.field) } : each)),
    ...(member.result && { result: copyOf(member.result) }),
  }));
  for (const member of members) {
    const { request, response } = rpcMessages(one.name, member.rpcName);
    for (const [i, { field }] of member.parameters.entries()) if (field) field.number = i + 1;
    if (member.result) member.result.number = 1;
    const requests = member.parameters.flatMap((each) => each.field ?? []);
    const required = member.parameters.flatMap((each) => (each.rest ? [] : (each.field ?? [])));
    // The items of a stream are a message of their own, which is numbered there.
    const responses = responseFields(model, member).map((field) => (field === member.result ? field : copyOf(field)));
    for (const [name, fields, mayBeLate] of [
      [request, requests, required],
      [response, responses, member.style === "value" ? responses : []],
    ] as const) {
      const locked = options.lock?.messages.get(name) ?? NOTHING_LOCKED;
      judgeLocked(name, locked, options, told);
      numberByPosition(fields, locked === NOTHING_LOCKED ? [] : mayBeLate, locked, name, options, told);
    }
  }
  const copy: ServiceModel = { ...one, members };
  if (one.kind === "interface") numberMembers(copy, options, told, gone);
  return copy;
}

function numberMembers(
  service: ServiceModel,
  options: NumberOptions,
  problems: Diagnostics,
  gone: Record<string, Reserved>,
): void {
  const locked = options.lock?.services.get(service.name) ?? NOTHING_LOCKED;
  judgeLocked(service.name, locked, options, problems);
  const claims = service.members.map((member): Claim => ({
    name: member.rpcName,
    shown: `${service.base}.${member.name}`,
    was: member.was,
    pinned: member.pinned,
    location: member.location,
    assign: (number) => {
      member.number = number;
    },
  }));
  for (const { rpcName, name, kind, style, location } of service.members) {
    const before = locked.entries.get(rpcName);
    if (before?.streams === undefined || options.allowBreaking) continue;
    const refuse = (was: string, is: string): void => {
      problems.error(
        "PW1502",
        location,
        `${service.base}.${name} ${was} and now ${is}: peers that are deployed would misread it`,
        "give it a new name, or pass --allow-breaking",
      );
    };
    const streams = style === "stream" || style === "generator" || style === "byteStream";
    const returns = (stream: boolean): string => `returns ${stream ? "a stream" : "one value"}`;
    if (before.kind !== kind)
      refuse(`was ${KIND_WORDS[before.kind ?? "call"] ?? "something else"}`, `is ${KIND_WORDS[kind]!}`);
    else if (before.streams !== streams)
      refuse(returns(before.streams).replace("returns", "returned"), returns(streams));
  }
  settle(gone, service.name, claims, locked, options, problems);
  service.members.sort((a, b) => a.number - b.number);
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  call: "a method",
  get: "a property that is read",
  set: "a property that is written",
  construct: "a class",
};
