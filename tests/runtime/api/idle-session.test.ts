/** limits.idleSessionMs: a connection that nobody uses is let go of, and one that somebody holds something by is not. */
import { afterEach, expect, it } from "@jest/globals";
import { gate, until } from "../references/at-rest.js";
import { type LinkedBank, linkBank } from "../sample/linked-bank.js";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";

let linked: LinkedBank | undefined;
afterEach(async () => {
  await linked?.client.close();
  await linked?.server.close();
});

const HALF_AN_HOUR = 30 * 60_000;

async function link(idleSessionMs: number): Promise<LinkedBank & { clock: VirtualClock }> {
  const clock = new VirtualClock();
  const limits = { idleSessionMs, keepaliveIdleMs: 1e12, openTimeoutMs: 1e12 };
  linked = await linkBank({}, { clock, limits });
  return { ...linked, clock };
}

it("says goodbye where nothing was asked for so long, and says why", async () => {
  const { client, server, bank, clock } = await link(HALF_AN_HOUR);
  clock.advance(HALF_AN_HOUR - 1);
  expect(await bank.add(1, 2)).toBe(3);
  clock.advance(1);
  clock.advance(HALF_AN_HOUR - 1);
  expect(await bank.add(1, 2)).toBe(3);
  clock.advance(1);
  expect(server.status).toBe("open");
  clock.advance(HALF_AN_HOUR);
  expect(await client.closed).toMatchObject({
    code: "session-closed",
    message: expect.stringContaining("limits.idleSessionMs"),
    cause: expect.objectContaining({ code: "UNAVAILABLE" }),
  });
});

it("leaves a connection by which a call runs, or an object is held, on either side", async () => {
  const { client, server, bank, impl, clock } = await link(HALF_AN_HOUR);
  const pass = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      clock.advance(HALF_AN_HOUR);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([client.status, server.status]).toEqual(["open", "open"]);
  };
  const hold = gate();
  impl.echo = async (blob) => {
    await hold.opened;
    return blob;
  };
  const running = bank.echo(new Uint8Array(3));
  await until(() => server.stats().incomingCalls === 1);
  await pass();
  hold.open();
  await running;
  const session = await bank.login("ann");
  await pass();
  expect(await session.name()).toBe("ann");
  session[Symbol.dispose]();
  await until(() => server.references().exports.entries === 0);
  clock.advance(HALF_AN_HOUR);
  clock.advance(HALF_AN_HOUR);
  await client.closed;
});

it("is off by default", async () => {
  const clock = new VirtualClock();
  linked = await linkBank({}, { clock, limits: { keepaliveIdleMs: 1e15, openTimeoutMs: 1e15 } });
  clock.advance(365 * 24 * 3600_000);
  expect(await linked.bank.add(1, 2)).toBe(3);
});
