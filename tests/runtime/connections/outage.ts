/** S03: a server that is down for an hour, and the clients that wait for it. Also run at its full size by tests/soak. */
import { expect } from "@jest/globals";
import { CallError, reconnect } from "peerwire";
import { seeded } from "../../support/seeded.js";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";

const HOUR_S = 3600;
const STEP_MS = 250;

/** Fails where the clients dial too often, in step, several at a time, or come back late. */
export async function surviveOutage(clients: number): Promise<void> {
  const random = seeded(20_261_121);
  const clock = new VirtualClock();
  const dials = { inMinute: new Map<number, number>(), inSecond: new Map<number, number>(), mostAtOnce: 0 };
  let isDown = true;

  const connections = Array.from({ length: clients }, () => {
    let dialling = 0;
    const dial = async (): Promise<never> => {
      dials.mostAtOnce = Math.max(dials.mostAtOnce, ++dialling);
      count(dials.inSecond, Math.floor(clock.now() / 1000));
      count(dials.inMinute, Math.floor(clock.now() / 60_000));
      await Promise.resolve();
      dialling--;
      // That the server is up again shows in a refusal, which ends the client.
      throw isDown ? new Error("ECONNREFUSED") : new CallError("UNAUTHENTICATED", "the server is back");
    };
    return reconnect(dial, { clock, random: () => random.int(0, 999_999) / 1_000_000 });
  });
  const step = async (): Promise<void> => {
    clock.advance(STEP_MS);
    for (let i = 0; i < 8; i++) await Promise.resolve();
  };

  while (clock.now() < HOUR_S * 1000) await step();
  expect(dials.mostAtOnce).toBe(1);
  // Waits are 15 s on average: each client dials 4 times a minute, and no second has many more than its share.
  for (let minute = 5; minute < 60; minute++) expect(dials.inMinute.get(minute)).toBeLessThan(clients * 4.8);
  for (let second = 300; second < HOUR_S; second++)
    expect(dials.inSecond.get(second) ?? 0).toBeLessThan(clients / 15 + 7 * Math.sqrt(clients / 15));

  isDown = false;
  const over = Promise.all(connections.map(({ closed }) => closed));
  while (clock.now() < HOUR_S * 1000 + 30_000 + STEP_MS) await step(); // the longest wait
  expect(connections.filter(({ peer }) => peer !== undefined)).toEqual([]);
  expect(clock.pending).toBe(0);
  expect(await over).toHaveLength(clients);
}

function count(into: Map<number, number>, key: number): void {
  into.set(key, (into.get(key) ?? 0) + 1);
}
