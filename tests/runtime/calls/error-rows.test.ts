/**
 * What calls end with: what was thrown, what was refused, what was lost; and whether anything of the call can have run.
 * The families of Connect's conformance suite as our own cases. Rows: C05, C16, C17, C19, X02.
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import { CALL_ERROR_CODES, CallError, type CallErrorCode, type PeerOptions } from "peerwire";
import { atRest, gate, until } from "../references/at-rest.js";
import { NoSuchUser } from "../sample/bank.js";
import { type LinkedBank, linkBank } from "../sample/linked-bank.js";

let linked: LinkedBank | undefined;
afterEach(async () => {
  await linked?.client.close();
  await linked?.server.close();
  linked = undefined;
});
async function link(client: PeerOptions = {}, server: PeerOptions = {}): Promise<LinkedBank> {
  linked = await linkBank(client, server);
  return linked;
}

async function failure(call: Promise<unknown>): Promise<CallError> {
  try {
    await call;
  } catch (error) {
    return error as CallError;
  }
  throw new Error("the call should have failed");
}

describe("errors that a handler throws", () => {
  it("arrive with code, message and causes, for each of the codes", async () => {
    const { bank, impl } = await link();
    for (const code of CALL_ERROR_CODES) {
      impl.fail = async () => {
        throw new CallError(code, `because ${code}`, { cause: new RangeError("deeper", { cause: "text" }) });
      };
      const error = await failure(bank.fail("text"));
      expect(error).toMatchObject({ name: "CallError", code, message: `because ${code}`, dispatched: "maybe" });
      expect(error.cause).toMatchObject({ code: "UNKNOWN", remoteName: "RangeError", message: "deeper" });
      expect((error.cause as Error).cause).toMatchObject({ message: "text" });
    }
  });

  it("are an answer whatever they are: no Error, no object, unreadable, or thrown before the first await", async () => {
    const { bank, impl } = await link();
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const hostile = {
      get message(): string {
        throw new Error("no");
      },
      get name(): string {
        throw new Error("no");
      },
    };
    const unreadable = Object.setPrototypeOf(hostile, Error.prototype) as unknown;
    const thrown: [unknown, string][] = [
      ["text", "text"],
      [undefined, "thrown: undefined"],
      [null, "thrown: null"],
      [7n, "thrown: 7"],
      [Symbol("s"), "thrown: Symbol(s)"],
      [{ code: "ABORTED" }, "thrown: [object Object]"],
      [() => 1, "thrown: [object Function]"],
      [proxy, "thrown: object"],
      [unreadable, "an error that cannot be read was thrown"],
      [Object.assign(new Error("odd"), { name: 5, code: {}, cause: Symbol("c") }), "odd"],
    ];
    for (const [value, message] of thrown) {
      for (const how of ["later", "at once"]) {
        impl.fail =
          how === "later"
            ? async () => {
                await Promise.resolve();
                throw value;
              }
            : () => {
                throw value;
              };
        expect(await failure(bank.fail("text"))).toMatchObject({ code: "UNKNOWN", message });
      }
    }
    expect(await bank.add(1, 1)).toBe(2);
  });

  it("X02: names and codes out of Object.prototype are plain text", async () => {
    const { bank, impl } = await link();
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "then", "toJSON", "valueOf"]) {
      impl.fail = async () => {
        throw Object.assign(new Error(name), { name, code: name });
      };
      expect(await failure(bank.fail("text"))).toMatchObject({ code: "UNKNOWN", remoteName: name, message: name });
    }
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("keep their class where the interface declares it, as the cause too, and when passed on by a third", async () => {
    const { bank, impl } = await link();
    impl.fail = async () => {
      throw Object.assign(new NoSuchUser("ada"), { cause: new NoSuchUser("root") });
    };
    const error = await failure(bank.fail("declared"));
    expect(error).toBeInstanceOf(NoSuchUser);
    expect(error.cause).toBeInstanceOf(NoSuchUser);
    impl.fail = async () => {
      throw new Error("outer", { cause: new NoSuchUser("inner") });
    };
    expect((await failure(bank.fail("declared"))).cause).toBeInstanceOf(NoSuchUser);
  });

  it("of the handler's own timeouts, limits and connections get the code that says so", async () => {
    const { bank, impl, client } = await link();
    const codes: [() => unknown, CallErrorCode][] = [
      [() => new DOMException("aborted", "AbortError"), "CANCELLED"],
      [() => new DOMException("late", "TimeoutError"), "DEADLINE_EXCEEDED"],
      [() => Object.assign(new Error("gone"), { name: "ClosedError" }), "UNAVAILABLE"],
      [() => Object.assign(new Error("full"), { name: "LimitError" }), "RESOURCE_EXHAUSTED"],
    ];
    for (const [make, code] of codes) {
      impl.fail = async () => {
        throw make();
      };
      expect((await failure(bank.fail("text"))).code).toBe(code);
    }
    expect(client.status).toBe("open");
  });
});

describe("handlers that misbehave", () => {
  it("answer twice: the first counts; never: the caller's deadline; with a rejected promise that nobody awaits: nothing", async () => {
    const { bank, impl } = await link();
    let ignored = 0;
    impl.add = ((a: number) => ({
      then: (resolve: (value: number) => void, reject: (error: Error) => void) => {
        resolve(a);
        resolve(a + 1);
        reject(new Error("both"));
        ignored++;
      },
    })) as never;
    expect(await bank.add(1, 1)).toBe(1);
    expect(ignored).toBe(1);
    impl.add = () => new Promise<never>(() => undefined);
    expect((await failure(bank.$with({ timeoutMs: 20 }).add(1, 1))).code).toBe("DEADLINE_EXCEEDED");
    Object.assign(impl, { note: () => Promise.reject(new Error("one-way")) });
    bank.note("x");
    await until(() => linked!.server.stats().incomingCalls <= 1);
    expect(await bank.login("still")).toBeDefined();
  });

  it("return what their interface does not say: INTERNAL, with the path, and nothing of it stays shared", async () => {
    const { bank, impl, server } = await link();
    impl.add = (async () => "three") as never;
    const error = await failure(bank.add(1, 1));
    expect(error.code).toBe("INTERNAL");
    expect(error.message).toMatch(/BankService\.add.*number/);
    impl.login = (async () => undefined) as never;
    expect((await failure(bank.login("x"))).code).toBe("INTERNAL");
    await until(() => server.references().exports.entries === 0);
  });

  it("C10, C19: ignore the signal and fail after the caller left: nobody is told, nothing is unhandled", async () => {
    const { bank, impl, server } = await link();
    const hold = gate();
    impl.sleep = async () => {
      await hold.opened;
      throw new Error("too late for anybody");
    };
    const abort = new AbortController();
    const call = failure(bank.sleep(1, abort.signal));
    await until(() => server.stats().incomingCalls === 1);
    abort.abort();
    expect((await call).code).toBe("CANCELLED");
    hold.open();
    await atRest(linked!);
    void bank.fail("thrown").catch(() => undefined);
    void bank
      .login("nobody")
      .child("x")
      .name()
      .catch(() => undefined);
    expect(await bank.add(1, 1)).toBe(2);
  });
});

describe("C17: whether anything of a call can have run", () => {
  it("no: refused, not found, not decoded, not sent; maybe: thrown by its handler, or lost on the way", async () => {
    const { bank, impl, client, server } = await link({}, { limits: { maxRunningCalls: 1, maxWaitingCalls: 0 } });
    const dispatched = async (call: Promise<unknown>): Promise<[string, string | undefined]> => {
      const { code, dispatched: said } = await failure(call);
      return [code, said];
    };
    const session = await bank.login("ada");
    session.dispose();
    expect(await dispatched(session.name())).toEqual(["released-reference", "no"]);
    expect(await dispatched(bank.fail("thrown"))).toEqual(["UNKNOWN", "maybe"]);
    expect(await dispatched(bank.$with({ timeoutMs: 0 }).add(1, 1))).toEqual(["DEADLINE_EXCEEDED", "no"]);
    expect(await dispatched(bank.$with({ signal: AbortSignal.abort() }).add(1, 1))).toEqual(["CANCELLED", "no"]);
    const hold = gate();
    impl.login = async () => {
      await hold.opened;
      throw new Error("x");
    };
    const running = failure(bank.login("b"));
    const waiting = failure(bank.add(1, 1));
    expect(await dispatched(bank.add(2, 2))).toEqual(["RESOURCE_EXHAUSTED", "no"]);
    hold.open();
    await Promise.all([running, waiting]);
    impl.add = () => new Promise<never>(() => undefined);
    const lost = dispatched(bank.add(3, 3));
    await until(() => server.stats().incomingCalls === 1);
    client.destroy();
    expect((await lost)[1]).toBe("maybe");
    expect((await dispatched(bank.add(4, 4)))[1]).toBe("no");
  });
});

describe("C16: what is cut in the middle", () => {
  it("a result of which a part has come is an error, never a shorter result", async () => {
    const { bank, server, client } = await link();
    const large = failure(bank.echo(new Uint8Array(3_000_000)));
    await until(() => client.stats().bytesIn > 100_000);
    server.destroy();
    expect((await large).name).toBe("ClosedError");
  });

  it("empty messages are answers: no arguments, no result, an empty stream, a stream of an empty item", async () => {
    const { bank, impl } = await link();
    expect((await bank.echo(new Uint8Array())).length).toBe(0);
    impl.count = async function* () {};
    for await (const item of bank.count(5)) expect(item).toBeUndefined();
    expect(await bank.sleep(0)).toBeUndefined();
  });
});
