/** Who goes on in a turn of the event loop, with turns and time in the test's hands. Row: X19. */
import { describe, expect, it } from "@jest/globals";
import { FairTurns, Heard, Party, Share } from "../../../runtime/messages/fair-turns.js";

class Loop {
  now = 0;
  turns = 0;
  readonly #tasks: (() => void)[] = [];
  readonly heard = new Heard(() => this.now);
  readonly fair = new FairTurns(this.heard, (task) => this.#tasks.push(task));

  /** @returns whether anything was to be done. */
  turn(): boolean {
    this.turns++;
    const tasks = this.#tasks.splice(0);
    for (const task of tasks) task();
    return tasks.length > 0;
  }
}

/** A session: what has arrived, and what of it was taken. */
class Session {
  taken = 0;
  #arrived = 0;
  readonly #bytes: number;
  readonly share: Share;

  constructor({ fair }: { readonly fair: FairTurns }, bytes = 0, party = new Party(fair)) {
    this.#bytes = bytes;
    this.share = new Share(party, () => this.#take());
  }

  arrive(messages: number): this {
    const waits = this.#arrived > this.taken;
    this.#arrived += messages;
    if (waits || !this.share.begin()) this.share.wait();
    else this.#take();
    return this;
  }

  #take(): boolean {
    while (this.taken < this.#arrived) {
      this.taken++;
      if (this.share.take(this.#bytes)) continue;
      if (this.taken < this.#arrived) this.share.wait();
      return true;
    }
    return true;
  }
}

describe("FairTurns", () => {
  it("lets a session that is alone take everything at once, however much", () => {
    const loop = new Loop();
    const busy = new Session(loop);
    for (let i = 0; i < 5; i++) expect(busy.arrive(10_000).taken).toBe(10_000 * (i + 1));
    expect(loop.turn()).toBe(false);
  });

  it("lets two that both take much take everything at once", () => {
    const loop = new Loop();
    const [a, b] = [new Session(loop), new Session(loop)];
    for (const session of [a, b]) session.arrive(1000); // nobody is known to take much before it has
    while (loop.turn());
    // Nor does it matter that they pause, each for as long as it takes to be served at once again.
    for (loop.now = 1001; loop.now < 10_000; loop.now += 200) {
      a.arrive(1000);
      b.arrive(1000);
      expect(loop.turn()).toBe(false);
    }
    expect([a.taken, b.taken]).toEqual([46_000, 46_000]);
  });

  it("X19: gives one that floods 32 messages a turn while another takes little, and that one all at once", () => {
    const loop = new Loop();
    const calm = new Session(loop).arrive(1);
    const flood = new Session(loop).arrive(10_000);
    expect(flood.taken).toBe(32); // its burst
    for (let turn = 1; turn <= 100; turn++, loop.now++) {
      calm.arrive(10);
      loop.turn();
      expect([calm.taken, flood.taken]).toEqual([1 + 10 * turn, 32 + 32 * turn]);
    }
  });

  it("counts a message once, and once more for each 512 bytes", () => {
    const loop = new Loop();
    new Session(loop).arrive(1);
    const flood = new Session(loop, 3 * 512).arrive(100);
    loop.turn();
    expect(flood.taken).toBe(8 + 8);
  });

  it("shares those 32 among all that flood, in order", () => {
    const loop = new Loop();
    new Session(loop).arrive(1);
    const floods = [1, 2, 3].map(() => new Session(loop).arrive(1000));
    const rounds: number[][] = [];
    for (let turn = 0; turn < 6; turn++) {
      loop.turn();
      rounds.push(floods.map(({ taken }) => taken - 32));
    }
    expect(rounds).toEqual([
      [32, 0, 0],
      [32, 32, 0],
      [32, 32, 32],
      [64, 32, 32],
      [64, 64, 32],
      [64, 64, 64],
    ]);
  });

  it("counts what is a part of a message as that part", () => {
    const loop = new Loop();
    new Session(loop).arrive(1);
    const share = new Share(new Party(loop.fair), () => true);
    expect(share.begin()).toBe(true);
    let taken = 1;
    while (share.take(512, 1 / 4)) taken++;
    expect(taken).toBe(64);
  });

  it("does not take one share of a party for another party", () => {
    const loop = new Loop();
    const party = new Party(loop.fair);
    const calls = new Session(loop, 0, party);
    const events = new Session(loop, 0, party);
    for (loop.now = 0; loop.now < 10; loop.now++) {
      calls.arrive(1);
      expect(events.arrive(1000).taken).toBe(1000 * (loop.now + 1));
    }
    new Session(loop).arrive(1);
    expect(events.arrive(1000).taken).toBeLessThan(10_100);
  });

  it("gives the whole turn to one that takes its share in promises, and then the next one its turn", () => {
    const loop = new Loop();
    new Session(loop).arrive(1);
    let turns = 0;
    const later = new Share(new Party(loop.fair), () => {
      turns++;
      return false;
    });
    const takeAll = (): number => {
      for (let taken = 1; ; taken++) if (!later.take(0)) return taken;
    };
    later.begin();
    expect(takeAll()).toBe(32); // its burst
    const flood = new Session(loop).arrive(1000);
    for (let turn = 1; turn <= 3; turn++) {
      later.wait();
      const before = flood.taken;
      while (turns < turn) loop.turn();
      expect(takeAll()).toBe(32);
      expect(flood.taken - before).toBeLessThanOrEqual(32);
      loop.turn();
    }
    expect(flood.taken).toBeGreaterThan(64);
  });

  it("hears those whose turns are others, and has as many messages a turn as it was told", () => {
    const loop = new Loop();
    const paced: (() => void)[] = [];
    const hub = { fair: new FairTurns(loop.heard, (task) => paced.push(task), 5) };
    const flood = new Session(hub).arrive(1000);
    expect(flood.taken).toBe(1000);
    loop.now = 103;
    new Session(loop).arrive(1);
    expect(flood.arrive(1000).taken).toBe(1032);
    expect(loop.turn()).toBe(false);
    for (let turn = 1; turn < 10; turn++) {
      paced.shift()!();
      expect(flood.taken).toBe(1032 + 5 * turn);
    }
  });

  it("goes on at once when the others have been silent for a second, or are gone", () => {
    const loop = new Loop();
    const calm = new Session(loop).arrive(1);
    const flood = new Session(loop).arrive(1000);
    loop.turn();
    expect(flood.taken).toBe(64);
    loop.now = 1001;
    loop.turn();
    expect(flood.taken).toBe(1000);

    calm.arrive(1);
    flood.arrive(1000);
    expect(flood.taken).toBeLessThan(1100);
    calm.share.leave();
    loop.turn();
    expect(flood.taken).toBe(2000);
  });

  it("asks for no turn when nothing waits, and takes nothing of one that has left", () => {
    const loop = new Loop();
    new Session(loop).arrive(1);
    const flood = new Session(loop).arrive(100);
    flood.share.leave();
    loop.turn();
    expect(flood.taken).toBe(32);
    expect(loop.turn()).toBe(false);
  });

  it("forgets a flood after a tenth of a second", () => {
    const loop = new Loop();
    const calm = new Session(loop);
    const session = new Session(loop).arrive(1_000_000);
    loop.now = 103;
    calm.arrive(1);
    expect(session.arrive(32).taken).toBe(1_000_032);
  });
});
