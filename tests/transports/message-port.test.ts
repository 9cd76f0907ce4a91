/** What is a MessagePort's own: credit, transfer, and messages of somebody else. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { CreditedQueue } from "../../runtime/bytes/credited-queue.js";
import { messagePortTransport } from "peerwire";
import { watch } from "../support/transport-watcher.js";

const MiB = 1024 * 1024;

let ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});
function channel(): [MessagePort, MessagePort] {
  const { port1, port2 } = new MessageChannel();
  ports = [port1, port2];
  return [port1, port2];
}

describe("a message port transport", () => {
  it("T09: sends no more than 1 MiB to a peer that never reads", async () => {
    const [port, silent] = channel();
    let posted = 0;
    silent.on("message", ({ peerwire }: { peerwire: ArrayBuffer }) => (posted += peerwire.byteLength));
    const transport = messagePortTransport(port);
    watch(transport);
    let asked = 0;
    for (; asked < 64 * MiB; asked += MiB / 4) transport.write(new Uint8Array(MiB / 4));
    while (posted < MiB) await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(posted).toBe(MiB);
    silent.postMessage({ peerwire: MiB / 2 });
    while (posted < 1.5 * MiB) await new Promise(setImmediate);
    expect(posted).toBe(1.5 * MiB);
  });

  it("leaves what is written to its owner: only its own copy is transferred", async () => {
    const [port, other] = channel();
    const near = messagePortTransport(port);
    const far = watch(messagePortTransport(other));
    watch(near);
    const whole = Buffer.from("a view of a larger buffer");
    near.write(whole.subarray(2, 6));
    await far.until(() => far.text === "view");
    expect(whole.toString()).toBe("a view of a larger buffer");
  });

  it("leaves messages that are not its own to the application", async () => {
    const [port, other] = channel();
    const near = watch(messagePortTransport(port));
    for (const message of ["text", null, 7, { other: true }]) other.postMessage(message);
    messagePortTransport(other).write(Buffer.from("ours"));
    await near.until(() => near.text === "ours");
    expect(near.closes).toEqual([]);
  });

  it("is lost when the other end is closed", async () => {
    const [port, other] = channel();
    const near = watch(messagePortTransport(port));
    other.close();
    await near.until(() => near.closes.length === 1);
    expect(near.closes[0]).toMatchObject({ message: expect.stringContaining("is gone") });
  });
});

describe("CreditedQueue", () => {
  it("sends what its credit covers, in one buffer, and the rest as it is granted", () => {
    const sent: string[] = [];
    const queue = new CreditedQueue(4, (buffer) => sent.push(Buffer.from(buffer).toString()));
    queue.push([Buffer.from("ab"), Buffer.from(""), Buffer.from("cdef"), Buffer.from("gh")]);
    expect([sent, queue.isWaiting]).toEqual([["abcd"], true]);
    queue.grant(3);
    expect([sent, queue.isWaiting]).toEqual([["abcd", "efg"], true]);
    queue.grant(10);
    expect([sent, queue.isWaiting]).toEqual([["abcd", "efg", "h"], false]);
  });
});
