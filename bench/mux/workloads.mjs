// What is measured, on one dialled connection. Each workload starts there, and then runs for so many milliseconds whenever it
// is told; a run of messages ends when none is under way, with { rate, clientCpu, messages } (a second, microseconds a message,
// how many went by in all), the others with the p99 { idleMs, busyMs } beside { rate }.
import { Buffer } from "node:buffer";
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers";
import { Channel } from "./messages.mjs";

const MiB = 1024 * 1024;
const now = () => performance.now();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A long link needs time to fill; a smoke test only wants to see that it runs. */
const atLeast = (leastMs, ms) => (ms <= 100 ? ms : Math.max(leastMs, ms));

/** `start(connection)` returns `run(ms)`. In slices: many short runs, after a warm-up, in turn with those of other kinds. */
export const WORKLOADS = {
  "16 B, one stream, 1 in flight": echoes({ channels: 1, inFlight: 1, bytes: 16 }),
  "16 B, one stream, 64 in flight": echoes({ channels: 1, inFlight: 64, bytes: 16 }),
  "16 B, 64 streams": echoes({ channels: 64, inFlight: 1, bytes: 16 }),
  "16 B, a stream each, 64 in flight": { inSlices: true, start: (c) => streamEach(c, { lanes: 64, bytes: 16 }) },
  "1 MiB, 1 in flight": echoes({ channels: 1, inFlight: 1, bytes: MiB }),
  "1 MiB, 4 in flight": echoes({ channels: 1, inFlight: 4, bytes: MiB }),
  "p99 beside a transfer, 20 ms link of 50 MiB/s": {
    start: async (c) => (ms) => besideTransfer(c, atLeast(3000, ms)),
  },
  "p99 beside a transfer, loopback": { start: async (c) => (ms) => besideTransfer(c, ms) },
  "50 ms link": { start: transfer },
};

function echoes(of) {
  return { inSlices: true, start: (connection) => echo(connection, of) };
}

/** Echoes a second. */
async function echo(connection, { channels, inFlight, bytes }) {
  const meter = new Meter();
  const body = Buffer.alloc(bytes, 7);
  const lanes = [];
  const count = connection.isSingle ? 1 : channels; // a raw socket carries all lanes itself
  for (let i = 0; i < count; i++) {
    const channel = new Channel(await connection.open(), (echoed) => {
      if (echoed.length !== bytes || echoed[0] !== 7 || echoed[bytes - 1] !== 7)
        throw new Error("the echo is not what was sent");
      if (meter.count()) channel.send(body);
    });
    for (let lane = 0; lane < (channels / count) * inFlight; lane++) lanes.push(() => channel.send(body));
  }
  return (ms) => meter.run(ms, lanes);
}

/** A new stream for each request: open, 16 bytes, half-close, the echo, its end. A raw socket just sends the message. */
async function streamEach(connection, { lanes, bytes }) {
  if (connection.isSingle) return echo(connection, { channels: 1, inFlight: lanes, bytes });
  const meter = new Meter();
  const body = Buffer.alloc(bytes, 7);
  const lane = async () => {
    const pipe = await connection.open();
    const channel = new Channel(pipe, () => {
      if (meter.count()) void lane();
    });
    channel.send(body);
    channel.end();
  };
  return (ms) => meter.run(ms, Array(lanes).fill(lane));
}

/** p99 of a 16-byte echo, alone and beside a transfer as fast as the link takes it. */
async function besideTransfer(connection, ms) {
  let answered = () => undefined;
  const channel = new Channel(await connection.open(), () => answered());
  const body = Buffer.alloc(16, 7);
  const p99 = async (forMs) => {
    const times = [];
    for (const start = now(); now() - start < forMs;) {
      const sent = now();
      channel.send(body);
      await new Promise((resolve) => (answered = resolve));
      times.push(now() - sent);
    }
    return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)];
  };
  await p99(ms);
  const idle = await p99(ms);
  const bulk = startTransfer(connection.isSingle ? channel : new Channel(await connection.open(), () => undefined));
  await pause(ms / 4);
  const started = bulk.sent;
  const startedAt = now();
  const busy = await p99(ms);
  const rate = (bulk.sent - started) / ((now() - startedAt) / 1000);
  bulk.stop();
  return { rate, idleMs: idle, busyMs: busy };
}

function startTransfer(channel) {
  const body = Buffer.alloc(64 * 1024, 7);
  const state = { sent: 0, isOn: true, stop: () => (state.isOn = false) };
  void (async () => {
    while (state.isOn) {
      state.sent += body.length / MiB;
      if (!channel.send(body, false)) await channel.room();
    }
  })();
  return state;
}

/** MiB per second of one stream in one direction, counted as the receiver confirms each. It goes on between runs. */
async function transfer(connection) {
  const meter = new Meter();
  const channel = new Channel(await connection.open(), () => meter.count());
  const body = Buffer.alloc(64 * 1024, 7);
  const mark = Buffer.alloc(1);
  void (async () => {
    for (;;) {
      for (let i = 0; i < 16; i++) if (!channel.send(body, false)) await channel.room();
      channel.send(mark);
    }
  })();
  return async (ms) => {
    await meter.run(1.5 * atLeast(1000, ms), []);
    return meter.run(atLeast(1000, ms), []);
  };
}

/** Counts messages for some milliseconds; and those that are under way then, but not into the rate. */
class Meter {
  #finish;
  #result;
  #counted = 0;
  #underWay = 0;
  #startedAt = 0;
  #until = 0;
  #cpu;

  /** @param lanes  each sends a message, and another one whenever `count` says so. */
  run(ms, lanes) {
    this.#result = undefined;
    this.#counted = 0;
    this.#underWay = lanes.length;
    this.#cpu = process.cpuUsage();
    this.#startedAt = now();
    this.#until = this.#startedAt + ms;
    for (const lane of lanes) void lane();
    return new Promise((resolve) => (this.#finish = resolve));
  }

  /** One message is back. @returns whether to go on. */
  count() {
    this.#counted++;
    const at = now();
    if (at < this.#until) return true;
    this.#result ??= this.#figures(at);
    this.#underWay--;
    if (this.#underWay <= 0) this.#finish?.({ ...this.#result, messages: this.#counted });
    return false;
  }

  #figures(at) {
    const { user, system } = process.cpuUsage(this.#cpu);
    return {
      rate: (this.#counted * 1000) / (at - this.#startedAt),
      clientCpu: (user + system) / this.#counted,
    };
  }
}
