/**
 * What the generator emits for bank.ts, written by hand: the runtime's tests stand on it, so that the runtime can be
 * worked on while the generator is broken, and the other way round.
 */
import type {
  ErrorDescriptor,
  Member,
  Reader,
  RemoteLink,
  ServiceDescriptor,
  StreamDescriptor,
  Writer,
} from "peerwire/emitted-v1";
import { RemoteStub, createFunction, invoke, pipelinePromise, restoreError } from "peerwire/emitted-v1";
import type { Bank, BankEvent, LoginOptions, Session } from "./bank.js";
import { NoSuchUser } from "./bank.js";

// Bank

/** {@link Bank} on the wire: `bank.v1.BankService`. */
export const BankService: ServiceDescriptor<Bank, BankStub> = {
  fullName: "bank.v1.BankService",
  interfaceId: 0x01020304,
  fingerprint: 0x1122334455667788n,
  get members() {
    return bankMembers;
  },
  get errors() {
    return [NoSuchUserError];
  },
  createStub: (link) => new BankStub(link),
  get createPromise() {
    return createBankPromise;
  },
};

const bankLogin: Member<Bank, Parameters<Bank["login"]>, Awaited<ReturnType<Bank["login"]>>> = {
  number: 1,
  name: "login",
  kind: "call",
  parameters: ["string", "LoginOptions?"],
  result: "bank.v1.SessionService",
  documentation: "Opens a session.",
  pipelines: () => SessionService,
  writeArguments(w, [user, options]) {
    if (user !== "") w.string(10, user, "user");
    if (options !== undefined) {
      const at = w.begin(18, "options");
      writeLoginOptions(w, options);
      w.end(at);
    }
  },
  readArguments(r) {
    let user = "";
    let options: LoginOptions | undefined;
    while (r.more()) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          user = r.string("user");
          break;
        case 18: {
          const at = r.enter("options");
          options = readLoginOptions(r);
          r.leave(at);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    return [user, options];
  },
  invoke: (target, args, call) => invoke(target, target.login, args, call),
  writeResult(w, value) {
    w.object(10, SessionService, value, "");
  },
  readResult(r) {
    let value: SessionStub | undefined;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) value = r.object(SessionService, "");
      else r.skip(tag);
    }
    if (value === undefined) throw r.missing("result");
    return value;
  },
};

const bankAdd: Member<Bank, Parameters<Bank["add"]>, number> = {
  number: 2,
  name: "add",
  kind: "call",
  parameters: ["double", "double"],
  result: "double",
  writeArguments(w, [a, b]) {
    if (!Object.is(a, 0)) w.double(9, a, "a");
    if (!Object.is(b, 0)) w.double(17, b, "b");
  },
  readArguments(r) {
    let a = 0;
    let b = 0;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 9) a = r.double("a");
      else if (tag === 17) b = r.double("b");
      else r.skip(tag);
    }
    return [a, b];
  },
  invoke: (target, args, call) => invoke(target, target.add, args, call),
  writeResult(w, value) {
    if (!Object.is(value, 0)) w.double(9, value, "");
  },
  readResult(r) {
    let value = 0;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 9) value = r.double("");
      else r.skip(tag);
    }
    return value;
  },
};

const bankEcho: Member<Bank, Parameters<Bank["echo"]>, Uint8Array> = {
  number: 3,
  name: "echo",
  kind: "call",
  parameters: ["bytes"],
  result: "bytes",
  writeArguments(w, [blob]) {
    w.bytes(10, blob, "blob");
  },
  readArguments: (r) => [readBytes(r)],
  invoke: (target, args, call) => invoke(target, target.echo, args, call),
  writeResult(w, value) {
    w.bytes(10, value, "");
  },
  readResult: readBytes,
};

function readBytes(r: Reader): Uint8Array {
  let value = new Uint8Array();
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) value = r.bytes("") as Uint8Array<ArrayBuffer>;
    else r.skip(tag);
  }
  return value;
}

const bankSame: Member<Bank, Parameters<Bank["same"]>, Session> = {
  number: 4,
  name: "same",
  kind: "call",
  parameters: ["bank.v1.SessionService"],
  result: "bank.v1.SessionService",
  pipelines: () => SessionService,
  writeArguments(w, [session]) {
    w.object(10, SessionService, session, "session");
  },
  readArguments: (r) => [readSession(r, "session")],
  invoke: (target, args, call) => invoke(target, target.same, args, call),
  writeResult(w, value) {
    w.object(10, SessionService, value, "");
  },
  readResult: (r) => readSession(r, ""),
};

function readSession(r: Reader, name: string): SessionStub {
  let value: SessionStub | undefined;
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) value = r.object(SessionService, name);
    else r.skip(tag);
  }
  if (value === undefined) throw r.missing(name);
  return value;
}

const bankNote: Member<Bank, Parameters<Bank["note"]>, void> = {
  number: 5,
  name: "note",
  kind: "call",
  oneWay: true,
  parameters: ["string"],
  result: "",
  writeArguments(w, [text]) {
    if (text !== "") w.string(10, text, "text");
  },
  readArguments: (r) => [readText(r, "text")],
  invoke: (target, args, call) => invoke(target, target.note, args, call),
  writeResult: noResult,
  readResult: noResult,
};

function readText(r: Reader, name: string): string {
  let text = "";
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) text = r.string(name);
    else r.skip(tag);
  }
  return text;
}

function noResult(): void {
  // The response message has no fields yet.
}

const bankOnEvent: Member<Bank, Parameters<Bank["onEvent"]>, void> = {
  number: 6,
  name: "onEvent",
  kind: "call",
  parameters: ["bank.v1.BankOnEventListenerFunction"],
  result: "",
  writeArguments(w, [listener]) {
    w.object(10, BankOnEventListener, listener, "listener");
  },
  readArguments(r) {
    let listener: Parameters<Bank["onEvent"]>[0] | undefined;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) listener = r.object(BankOnEventListener, "listener");
      else r.skip(tag);
    }
    if (listener === undefined) throw r.missing("listener");
    return [listener];
  },
  invoke: (target, args, call) => invoke(target, target.onEvent, args, call),
  writeResult: noResult,
  readResult: noResult,
};

const bankAsk: Member<Bank, Parameters<Bank["ask"]>, string> = {
  number: 7,
  name: "ask",
  kind: "call",
  parameters: ["bank.v1.BankAskQuestionFunction", "string"],
  result: "string",
  writeArguments(w, [question, text]) {
    w.object(10, BankAskQuestion, question, "question");
    if (text !== "") w.string(18, text, "text");
  },
  readArguments(r) {
    let question: Parameters<Bank["ask"]>[0] | undefined;
    let text = "";
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) question = r.object(BankAskQuestion, "question");
      else if (tag === 18) text = r.string("text");
      else r.skip(tag);
    }
    if (question === undefined) throw r.missing("question");
    return [question, text];
  },
  invoke: (target, args, call) => invoke(target, target.ask, args, call),
  writeResult(w, value) {
    if (value !== "") w.string(10, value, "");
  },
  readResult: (r) => readText(r, ""),
};

/** One item of a stream of numbers: a message with the item as its only field. */
const numberItems: StreamDescriptor<number> = {
  write(w, item) {
    if (!Object.is(item, 0)) w.double(9, item, "");
  },
  read(r) {
    let item = 0;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 9) item = r.double("");
      else r.skip(tag);
    }
    return item;
  },
};

const bankCount: Member<Bank, Parameters<Bank["count"]>, AsyncIterable<number>> = {
  number: 8,
  name: "count",
  kind: "call",
  parameters: ["double"],
  result: "stream double",
  writeArguments(w, [to]) {
    if (!Object.is(to, 0)) w.double(9, to, "to");
  },
  readArguments: (r) => [numberItems.read(r)],
  invoke: (target, args, call) => invoke(target, target.count, args, call),
  writeResult(w, value) {
    w.stream(10, numberItems, value, "");
  },
  readResult(r) {
    let value: AsyncIterable<number> | undefined;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) value = r.stream(numberItems, "");
      else r.skip(tag);
    }
    if (value === undefined) throw r.missing("result");
    return value;
  },
};

const bankStatement: Member<Bank, Parameters<Bank["statement"]>, ReadableStream<Uint8Array>> = {
  number: 9,
  name: "statement",
  kind: "call",
  parameters: ["double"],
  result: "stream bytes",
  writeArguments(w, [bytes]) {
    if (!Object.is(bytes, 0)) w.double(9, bytes, "bytes");
  },
  readArguments: (r) => [numberItems.read(r)],
  invoke: (target, args, call) => invoke(target, target.statement, args, call),
  writeResult(w, value) {
    w.byteStream(10, value, "");
  },
  readResult(r) {
    let value: ReadableStream<Uint8Array> | undefined;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) value = r.byteStream("");
      else r.skip(tag);
    }
    if (value === undefined) throw r.missing("result");
    return value;
  },
};

const sessionItems: StreamDescriptor<Session> = {
  write(w, item) {
    w.object(10, SessionService, item, "");
  },
  read: (r) => readSession(r, ""),
};

const bankSessions: Member<Bank, Parameters<Bank["sessions"]>, AsyncIterable<Session>> = {
  number: 10,
  name: "sessions",
  kind: "call",
  parameters: [],
  result: "stream bank.v1.SessionService",
  writeArguments: noResult,
  readArguments: () => [],
  invoke: (target, args, call) => invoke(target, target.sessions, args, call),
  writeResult(w, value) {
    w.stream(10, sessionItems, value, "");
  },
  readResult(r) {
    let value: AsyncIterable<Session> | undefined;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) value = r.stream(sessionItems, "");
      else r.skip(tag);
    }
    if (value === undefined) throw r.missing("result");
    return value;
  },
};

const bankSleep: Member<Bank, Parameters<Bank["sleep"]>, void> = {
  number: 11,
  name: "sleep",
  kind: "call",
  parameters: ["double"],
  result: "",
  writeArguments(w, [ms]) {
    if (!Object.is(ms, 0)) w.double(9, ms, "ms");
  },
  readArguments: (r, call) => [numberItems.read(r), call.signal],
  invoke: (target, args, call) => invoke(target, target.sleep, args, call),
  writeResult: noResult,
  readResult: noResult,
};

const failHow = new Map<string, number>([
  ["declared", 1],
  ["thrown", 2],
  ["text", 3],
]);
const failHowByNumber = new Map<number, "declared" | "thrown" | "text">([
  [1, "declared"],
  [2, "thrown"],
  [3, "text"],
]);

const bankFail: Member<Bank, Parameters<Bank["fail"]>, void> = {
  number: 12,
  name: "fail",
  kind: "call",
  parameters: ["enum FailHow"],
  result: "",
  writeArguments(w, [how]) {
    const number = failHow.get(how);
    if (number === undefined) throw w.invalid("how", `"declared", "thrown" or "text"`, how);
    w.enum(8, number);
  },
  readArguments(r) {
    let how: "declared" | "thrown" | "text" | undefined;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 8) {
        const number = r.enum("how");
        how = failHowByNumber.get(number);
        if (how === undefined) throw r.invalid("how", `"declared", "thrown" or "text"`, number);
      } else r.skip(tag);
    }
    if (how === undefined) throw r.missing("how");
    return [how];
  },
  invoke: (target, args, call) => invoke(target, target.fail, args, call),
  writeResult: noResult,
  readResult: noResult,
};

const bankMembers: ReadonlyMap<number, Member<Bank>> = new Map<number, Member<Bank>>([
  [1, bankLogin],
  [2, bankAdd],
  [3, bankEcho],
  [4, bankSame],
  [5, bankNote],
  [6, bankOnEvent],
  [7, bankAsk],
  [8, bankCount],
  [9, bankStatement],
  [10, bankSessions],
  [11, bankSleep],
  [12, bankFail],
] as [number, Member<Bank>][]);

/** The members of {@link Bank} that may be used on the promise of one. */
export type BankPipeline = Pick<
  BankStub,
  "login" | "add" | "echo" | "same" | "note" | "onEvent" | "ask" | "count" | "statement" | "sessions" | "sleep" | "fail"
>;
export type BankPromise = Promise<BankStub> & BankPipeline;

/** A remote {@link Bank}. */
export class BankStub extends RemoteStub implements Bank {
  /** Opens a session. */
  login(user: string, options?: LoginOptions): SessionPromise {
    return this.$callObject(bankLogin, [user, options]);
  }
  add(a: number, b: number): Promise<number> {
    return this.$call(bankAdd, [a, b]);
  }
  echo(blob: Uint8Array): Promise<Uint8Array> {
    return this.$call(bankEcho, [blob]);
  }
  /** The session that is passed in, back. */
  same(session: Session | PromiseLike<Session>): SessionPromise {
    return this.$callObject(bankSame, [session as Session]);
  }
  note(text: string): void {
    this.$send(bankNote, [text]);
  }
  onEvent(listener: Parameters<Bank["onEvent"]>[0]): Promise<void> {
    return this.$call(bankOnEvent, [listener]);
  }
  ask(question: Parameters<Bank["ask"]>[0], text: string): Promise<string> {
    return this.$call(bankAsk, [question, text]);
  }
  count(to: number): AsyncIterable<number> {
    return this.$stream(bankCount, [to]);
  }
  statement(bytes: number): ReadableStream<Uint8Array> {
    return this.$byteStream(bankStatement, [bytes]);
  }
  sessions(): AsyncIterable<Session> {
    return this.$stream(bankSessions, []);
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.$call(bankSleep, [ms, signal], signal);
  }
  fail(how: Parameters<Bank["fail"]>[0]): Promise<void> {
    return this.$call(bankFail, [how]);
  }
}
const createBankPromise = pipelinePromise(BankStub);

// Session

/** {@link Session} on the wire: `bank.v1.SessionService`. */
export const SessionService: ServiceDescriptor<Session, SessionStub> = {
  fullName: "bank.v1.SessionService",
  interfaceId: 0x05060708,
  fingerprint: 0x99aabbccddeeff00n,
  get members() {
    return sessionMembers;
  },
  get errors() {
    return [NoSuchUserError];
  },
  createStub: (link) => new SessionStub(link),
  get createPromise() {
    return createSessionPromise;
  },
};

const sessionBalance: Member<Session, [], bigint> = {
  number: 1,
  name: "balance",
  kind: "call",
  parameters: [],
  result: "int64",
  writeArguments: noResult,
  readArguments: () => [],
  invoke: (target, args, call) => invoke(target, target.balance, args, call),
  writeResult(w, value) {
    if (value !== 0n) w.int64(8, value, "");
  },
  readResult(r) {
    let value = 0n;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 8) value = r.int64("");
      else r.skip(tag);
    }
    return value;
  },
};

const sessionChild: Member<Session, [name: string], Session> = {
  number: 2,
  name: "child",
  kind: "call",
  parameters: ["string"],
  result: "bank.v1.SessionService",
  pipelines: () => SessionService,
  writeArguments(w, [name]) {
    if (name !== "") w.string(10, name, "name");
  },
  readArguments: (r) => [readText(r, "name")],
  invoke: (target, args, call) => invoke(target, target.child, args, call),
  writeResult(w, value) {
    w.object(10, SessionService, value, "");
  },
  readResult: (r) => readSession(r, ""),
};

const sessionName: Member<Session, [], string> = {
  number: 3,
  name: "name",
  kind: "call",
  parameters: [],
  result: "string",
  writeArguments: noResult,
  readArguments: () => [],
  invoke: (target, args, call) => invoke(target, target.name, args, call),
  writeResult(w, value) {
    if (value !== "") w.string(10, value, "");
  },
  readResult: (r) => readText(r, ""),
};

const sessionMembers: ReadonlyMap<number, Member<Session>> = new Map<number, Member<Session>>([
  [1, sessionBalance],
  [2, sessionChild],
  [3, sessionName],
] as [number, Member<Session>][]);

export type SessionPipeline = Pick<SessionStub, "balance" | "child" | "name">;
export type SessionPromise = Promise<SessionStub> & SessionPipeline;

/** A remote {@link Session}. */
export class SessionStub extends RemoteStub implements Session {
  balance(): Promise<bigint> {
    return this.$call(sessionBalance, []);
  }
  child(name: string): SessionPromise {
    return this.$callObject(sessionChild, [name]);
  }
  name(): Promise<string> {
    return this.$call(sessionName, []);
  }
}
const createSessionPromise = pipelinePromise(SessionStub);

// Functions

type BankOnEventListenerFunction = Parameters<Bank["onEvent"]>[0];
const bankOnEventListenerCall: Member<BankOnEventListenerFunction, Parameters<BankOnEventListenerFunction>, void> = {
  number: 1,
  name: "",
  kind: "call",
  oneWay: true,
  parameters: ["BankEvent"],
  result: "",
  writeArguments(w, [event]) {
    const at = w.begin(10, "event");
    writeBankEvent(w, event);
    w.end(at);
  },
  readArguments(r) {
    let event: BankEvent | undefined;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) {
        const at = r.enter("event");
        event = readBankEvent(r);
        r.leave(at);
      } else r.skip(tag);
    }
    if (event === undefined) throw r.missing("event");
    return [event];
  },
  invoke: (target, args) => target(...args),
  writeResult: noResult,
  readResult: noResult,
};

/** The function `listener` of {@link Bank.onEvent}. */
export const BankOnEventListener: ServiceDescriptor<BankOnEventListenerFunction> = {
  fullName: "bank.v1.BankOnEventListenerFunction",
  interfaceId: 0x11111111,
  fingerprint: 1n,
  members: new Map([[1, bankOnEventListenerCall as Member<BankOnEventListenerFunction>]]),
  errors: [],
  createStub: (link: RemoteLink) =>
    createFunction(link, (event: BankEvent) => {
      link.send(bankOnEventListenerCall, [event]);
    }),
};

type BankAskQuestionFunction = Parameters<Bank["ask"]>[0];
const bankAskQuestionCall: Member<BankAskQuestionFunction, Parameters<BankAskQuestionFunction>, string> = {
  number: 1,
  name: "",
  kind: "call",
  parameters: ["string"],
  result: "string",
  writeArguments(w, [text]) {
    if (text !== "") w.string(10, text, "text");
  },
  readArguments: (r) => [readText(r, "text")],
  invoke: (target, args) => target(...args),
  writeResult(w, value) {
    if (value !== "") w.string(10, value, "");
  },
  readResult: (r) => readText(r, ""),
};

/** The function `question` of {@link Bank.ask}. */
export const BankAskQuestion: ServiceDescriptor<BankAskQuestionFunction> = {
  fullName: "bank.v1.BankAskQuestionFunction",
  interfaceId: 0x22222222,
  fingerprint: 2n,
  members: new Map([[1, bankAskQuestionCall as Member<BankAskQuestionFunction>]]),
  errors: [],
  createStub: (link: RemoteLink) => createFunction(link, (text: string) => link.call(bankAskQuestionCall, [text])),
};

// Messages

export function writeLoginOptions(w: Writer, v: LoginOptions): void {
  w.plain(v, "");
  if (v.otp !== undefined) w.string(10, v.otp, "otp");
  const tags = w.array(v.tags, "tags");
  for (let i = 0; i < tags.length; i++) w.string(18, tags[i]!, "tags", i);
}

export function readLoginOptions(r: Reader): LoginOptions {
  let otp: string | undefined;
  const tags: string[] = [];
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        otp = r.string("otp");
        break;
      case 18:
        r.element("tags");
        tags.push(r.string("tags", tags.length));
        break;
      default:
        r.skip(tag);
    }
  }
  const v: LoginOptions = { tags };
  if (otp !== undefined) v.otp = otp;
  return v;
}

export function writeBankEvent(w: Writer, v: BankEvent): void {
  w.plain(v, "");
  switch (v.kind) {
    case "opened": {
      const at = w.begin(10, "");
      w.timestamp(10, v.at, "at");
      w.end(at);
      return;
    }
    case "moved": {
      const at = w.begin(18, "");
      for (const [key, value] of w.map(v.amounts, "amounts")) {
        const entry = w.begin(10, "amounts", key);
        if (key !== "") w.string(10, key, "key");
        if (value !== 0n) w.int64(16, value, "");
        w.end(entry);
      }
      w.end(at);
      return;
    }
    default:
      throw w.invalid("kind", `"opened" or "moved"`, (v as { kind: unknown }).kind);
  }
}

export function readBankEvent(r: Reader): BankEvent {
  let v: BankEvent | undefined;
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        const outer = r.enter("");
        let at: Date | undefined;
        while (r.more()) {
          const inner = r.tag();
          if (inner === 10) at = r.timestamp("at");
          else r.skip(inner);
        }
        if (at === undefined) throw r.missing("at");
        r.leave(outer);
        v = { kind: "opened", at };
        break;
      }
      case 18: {
        const outer = r.enter("");
        const amounts = new Map<string, bigint>();
        while (r.more()) {
          const inner = r.tag();
          if (inner === 10) {
            r.element("amounts");
            const entry = r.enter("amounts");
            let key = "";
            let value = 0n;
            while (r.more()) {
              const field = r.tag();
              if (field === 10) key = r.string("key");
              else if (field === 16) value = r.int64("");
              else r.skip(field);
            }
            r.leave(entry);
            amounts.set(key, value);
          } else r.skip(inner);
        }
        r.leave(outer);
        v = { kind: "moved", amounts };
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (v === undefined) throw r.refuse("", "no case that this side knows");
  return v;
}

// Errors

const NoSuchUserError: ErrorDescriptor<NoSuchUser> = {
  fullName: "bank.v1.NoSuchUser",
  errorClass: () => NoSuchUser,
  writeFields(w, error) {
    if (error.user !== "") w.string(10, error.user, "user");
  },
  readFields(r, message) {
    let user = "";
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) user = r.string("user");
      else r.skip(tag);
    }
    return restoreError(NoSuchUser, message, { name: "NoSuchUser", user });
  },
};
