/** One try to connect leaves nothing behind, however it ends. */
import { describe, expect, it } from "@jest/globals";
import { attempt, type Attempt } from "../../../runtime/bytes/attempt.js";

/** What the attempt keeps: its timer, and the listeners of the caller's signal. */
function watched() {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
  const remove = signal.removeEventListener.bind(signal) as (...args: unknown[]) => void;
  signal.addEventListener = (...args: unknown[]) => (listeners++, add(...args));
  signal.removeEventListener = (...args: unknown[]) => (listeners--, remove(...args));
  return { signal, left: () => [timers() - before, listeners] };
}

describe("an attempt", () => {
  it.each<[string, (attempt: Attempt<string>) => () => void, unknown]>([
    ["that succeeds", ({ succeed }) => (succeed("connected"), () => undefined), "connected"],
    ["that fails", ({ fail }) => (fail(new Error("refused")), () => undefined), "refused"],
    [
      "whose beginning throws",
      () => {
        throw new TypeError("nothing to dial with");
      },
      "nothing to dial with",
    ],
  ])("%s leaves no timer and no listener", async (_name, start, outcome) => {
    const { signal, left } = watched();
    const settled = attempt("tcp://nowhere:1", { signal, timeoutMs: 60_000 }, start);
    expect(await settled.catch((error: unknown) => (error as Error).message)).toBe(outcome);
    expect(left()).toEqual([0, 0]);
  });

  it("that fails while it begins drops what it began", async () => {
    let drops = 0;
    const start = ({ fail }: Attempt<never>) => {
      fail(new Error("refused"));
      return () => {
        drops++;
      };
    };
    await expect(attempt("tcp://nowhere:1", {}, start)).rejects.toThrow("refused");
    expect(drops).toBe(1);
  });
});
