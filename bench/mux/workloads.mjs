// What is measured, on one dialled connection. Each returns { rate, clientCpu, messages } (a second, microseconds a message,
// how many went by in all), or the p99 { idleMs, busyMs } beside { rate }.
import { Buffer } from "node:buffer";
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers";
import { Channel } from "./messages.mjs";

const MiB = 1024 * 1024;
const now = () => performance.now();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A long link needs time to fill; a smoke test only wants to see that it runs. */
const atLeast = (leastMs, ms) => (ms <= 100 ? ms : Math.max(leastMs, ms));

export const WORKLOADS = {
  "16 B, one stream, 1 in flight": (c, ms) => echoes(c, { channels: 1, inFlight: 1, bytes: 16, ms }),
  "16 B, one stream, 64 in flight": (c, ms) => echoes(c, { channels: 1, inFlight: 64, bytes: 16, ms }),
  "16 B, 64 streams": (c, ms) => echoes(c, { channels: 64, inFlight: 1, bytes: 16, ms }),
  "16 B, a stream each, 64 in flight": (c, ms) => streamEach(c, { lanes: 64, bytes: 16, ms }),
  "1 MiB, 1 in flight": (c, ms) => echoes(c, { channels: 1, inFlight: 1, bytes: MiB, ms }),
  "1 MiB, 4 in flight": (c, ms) => echoes(c, { channels: 1, inFlight: 4, bytes: MiB, ms }),
  "p99 beside a transfer, 20 ms link of 50 MiB/s": (c, ms) => besideTransfer(c, atLeast(3000, ms)),
  "p99 beside a transfer, loopback": (c, ms) => besideTransfer(c, ms),
  "50 ms link": (c, ms) => transfer(c, atLeast(1000, ms)),
};

/** Echoes per second once warm. */
async function echoes(connection, { channels, inFlight, bytes, ms }) {
  const meter = new Meter(ms);
  const body = Buffer.alloc(bytes, 7);
  const count = connection.isSingle ? 1 : channels; // a raw socket carries all lanes itself
  for (let i = 0; i < count; i++) {
    const channel = new Channel(await connection.open(), (echo) => {
      if (echo.length !== bytes || echo[0] !== 7 || echo[bytes - 1] !== 7)
        throw new Error("the echo is not what was sent");
      if (meter.count()) channel.send(body);
    });
    const lanes = (channels / count) * inFlight;
    for (let lane = 0; lane < lanes; lane++) channel.send(body);
  }
  return meter.done;
}

/** A new stream for each request: open, 16 bytes, half-close, the echo, its end. A raw socket just sends the message. */
async function streamEach(connection, { lanes, bytes, ms }) {
  if (connection.isSingle) return echoes(connection, { channels: 1, inFlight: lanes, bytes, ms });
  const meter = new Meter(ms);
  const body = Buffer.alloc(bytes, 7);
  const lane = async () => {
    const pipe = await connection.open();
    const channel = new Channel(pipe, () => {
      if (meter.count()) void lane();
    });
    channel.send(body);
    channel.end();
  };
  for (let i = 0; i < lanes; i++) void lane();
  return meter.done;
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

/** MiB per second of one stream in one direction, counted as the receiver confirms each. */
async function transfer(connection, ms) {
  const meter = new Meter(ms);
  const channel = new Channel(await connection.open(), () => meter.count());
  const body = Buffer.alloc(64 * 1024, 7);
  const mark = Buffer.alloc(1);
  let isOn = true;
  void (async () => {
    while (isOn) {
      for (let i = 0; i < 16; i++) if (!channel.send(body, false)) await channel.room();
      channel.send(mark);
    }
  })();
  const measured = await meter.done;
  isOn = false;
  return measured;
}

/**
 * Counts for `ms` after a warm-up of one and a half times that: compilers are done after half a second where messages are
 * small, and after one and a half where they are 1 MiB. A workload slower than that counts from its start to its first.
 */
class Meter {
  done;
  #finish;
  #warming = 0;
  #counted = 0;
  #startedAt = now();
  #cpu = process.cpuUsage();
  #warmUntil;
  #isWarm = false;
  #ms;

  constructor(ms, warmMs = 1.5 * ms) {
    this.#ms = ms;
    this.#warmUntil = this.#startedAt + warmMs;
    this.done = new Promise((resolve) => (this.#finish = resolve));
  }

  /** @returns whether to go on. */
  count() {
    const at = now();
    this.#counted++;
    if (!this.#isWarm && at >= this.#warmUntil && at < this.#warmUntil + this.#ms / 2) {
      this.#isWarm = true;
      this.#startedAt = at;
      this.#warming = this.#counted;
      this.#counted = 0;
      this.#cpu = process.cpuUsage();
      return true;
    }
    if (at < this.#warmUntil + this.#ms) return true;
    this.#end(at);
    return false;
  }

  #end(at) {
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#finish({
      rate: (this.#counted * 1000) / (at - this.#startedAt),
      clientCpu: (user + system) / this.#counted,
      messages: this.#warming + this.#counted,
    });
  }
}
