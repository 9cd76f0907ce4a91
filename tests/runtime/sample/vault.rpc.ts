/** What the generator emits for vault.ts, written by hand, as bank.rpc.ts is. */
import type { Member, Reader, ResultReference, ServiceDescriptor, Writer } from "peerwire/emitted-v1";
import { RemoteStub, callValue, invoke, pipelinePromise, pipelining, references } from "peerwire/emitted-v1";
import type { Session } from "./bank.js";
import { BankService, type SessionPromise, SessionService } from "./bank.rpc.js";
import type { Opened, Vault } from "./vault.js";

export const VaultService: ServiceDescriptor<Vault, VaultStub> = {
  fullName: "vault.v1.VaultService",
  interfaceId: 0x0a0b0c0d,
  fingerprint: 0x99n,
  get members() {
    return vaultMembers;
  },
  get errors() {
    return BankService.errors;
  },
  createStub: (link) => new VaultStub(link),
  get createPromise() {
    return createVaultPromise;
  },
};

const openedReferences: readonly ResultReference[] = [
  { properties: ["session"], path: [1, 2], service: () => SessionService },
  { properties: ["owner", "session"], path: [1, 3, 1], service: () => SessionService },
  { properties: ["spare"], path: [1, 4], service: () => SessionService },
];

const opened = {
  kind: "call",
  result: "Opened",
  pipelinesInside: openedReferences,
  pipelining,
  references,
  writeResult(w: Writer, value: Opened) {
    const start = w.begin(10, "");
    writeOpened(w, value);
    w.end(start);
  },
  readResult(r: Reader): Opened {
    let value: Opened | undefined;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) {
        const outer = r.enter("");
        value = readOpened(r);
        r.leave(outer);
      } else r.skip(tag);
    }
    if (value === undefined) throw r.missing("result");
    return value;
  },
} as const;

const vaultOpen: Member<Vault, Parameters<Vault["open"]>, Opened> = {
  ...opened,
  number: 1,
  name: "open",
  parameters: ["string"],
  writeArguments(w, [user]) {
    if (user !== "") w.string(10, user, "user");
  },
  readArguments(r) {
    let user = "";
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) user = r.string("user");
      else r.skip(tag);
    }
    return [user];
  },
  invoke: (target, args, call) => invoke(target, target.open, args, call),
};

const vaultHold: Member<Vault, Parameters<Vault["hold"]>, Opened> = {
  ...opened,
  number: 2,
  name: "hold",
  parameters: ["bank.v1.SessionService"],
  writeArguments(w, [session]) {
    w.object(10, SessionService, session, "session");
  },
  readArguments(r) {
    let session: Session | undefined;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) session = r.object(SessionService, "session");
      else r.skip(tag);
    }
    if (session === undefined) throw r.missing("session");
    return [session];
  },
  invoke: (target, args, call) => invoke(target, target.hold, args, call),
};

const vaultMembers: ReadonlyMap<number, Member<Vault>> = new Map<number, Member<Vault>>([
  [1, vaultOpen],
  [2, vaultHold],
] as [number, Member<Vault>][]);

/** The references of {@link Opened}, before it is known. */
export type OpenedPromise = Promise<Opened> & {
  readonly session: SessionPromise;
  readonly owner: { readonly session: SessionPromise };
  readonly spare: SessionPromise;
};

export class VaultStub extends RemoteStub implements Vault {
  open(user: string): OpenedPromise {
    return callValue(this.$link, vaultOpen, [user]);
  }
  hold(session: Session | PromiseLike<Session>): OpenedPromise {
    return callValue(this.$link, vaultHold, [session as Session]);
  }
}

const createVaultPromise = pipelinePromise(VaultStub);

function writeOpened(w: Writer, v: Opened): void {
  if (v.label !== "") w.string(10, v.label, "label");
  w.object(18, SessionService, v.session, "session");
  const owner = w.begin(26, "owner");
  w.object(10, SessionService, v.owner.session, "session");
  w.end(owner);
  if (v.spare !== undefined) w.object(34, SessionService, v.spare, "spare");
  const all = w.array(v.all, "all");
  for (let i = 0; i < all.length; i++) w.object(42, SessionService, all[i]!, "all", i);
}

function readOpened(r: Reader): Opened {
  let label = "";
  let session: Session | undefined;
  let owner: Session | undefined;
  let spare: Session | undefined;
  const all: Session[] = [];
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) label = r.string("label");
    else if (tag === 18) session = r.object(SessionService, "session");
    else if (tag === 26) {
      const outer = r.enter("owner");
      while (r.more()) {
        const inner = r.tag();
        if (inner === 10) owner = r.object(SessionService, "session");
        else r.skip(inner);
      }
      r.leave(outer);
    } else if (tag === 34) spare = r.object(SessionService, "spare");
    else if (tag === 42) all.push(r.object(SessionService, "all", all.length));
    else r.skip(tag);
  }
  if (session === undefined || owner === undefined) throw r.missing("session");
  return { label, session, owner: { session: owner }, ...(spare === undefined ? {} : { spare }), all };
}
