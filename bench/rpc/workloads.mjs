// What is measured. A workload needs one member of a client (`needs`); a kind that does not have it is left out of that row.
import { Buffer } from "node:buffer";
import { order } from "./implementation.mjs";

const MIB = 1024 * 1024;
const TICKS = 100_000;
const CALL_BACKS = 64;

const bytes = (length) => Buffer.alloc(length, 7);

/**
 * name; needs; inFlight: how many calls have no answer at any time; call: makes one, with a client or a way to get another; each: how many units a call counts for;
 * delayMs: of the link, in each direction; after: what is done with a call's result, untimed;
 * beside: what else keeps the connection busy, and is not counted.
 */
export const workloads = [
  { name: "echo 16 B, 1 in flight", needs: "echo", inFlight: 1, call: caller("echo", () => bytes(16)) },
  { name: "echo 16 B, 64 in flight", needs: "echo", inFlight: 64, call: caller("echo", () => bytes(16)) },
  { name: "echo 16 B, 1024 in flight", needs: "echo", inFlight: 1024, call: caller("echo", () => bytes(16)) },
  { name: "add, 1 in flight", needs: "add", inFlight: 1, call: (client) => client.add(20, 22) },
  { name: "add, 64 in flight", needs: "add", inFlight: 64, call: (client) => client.add(20, 22) },
  { name: "add, 1024 in flight", needs: "add", inFlight: 1024, call: (client) => client.add(20, 22) },
  { name: "order of 20 lines, 64 in flight", needs: "place", inFlight: 64, call: caller("place", () => order) },
  { name: "echo 1 MiB, 4 in flight", needs: "echo", inFlight: 4, call: caller("echo", () => bytes(MIB)) },
  { name: "echo 16 MiB, 1 in flight", needs: "echo", inFlight: 1, call: caller("echo", () => bytes(16 * MIB)) },
  { name: "send 1 MiB, 4 in flight", needs: "sink", inFlight: 4, call: caller("sink", () => bytes(MIB)) },
  { name: "send 16 MiB, 1 in flight", needs: "sink", inFlight: 1, call: caller("sink", () => bytes(16 * MIB)) },
  {
    name: "echo 16 B beside 1 MiB echoes",
    needs: "echo",
    inFlight: 1,
    call: caller("echo", () => bytes(16)),
    beside: { inFlight: 4, call: caller("echoOfAnother", () => bytes(MIB)) },
  },
  {
    name: "echo 16 B behind 1 MiB echoes of the same object",
    needs: "echoOfAnother",
    inFlight: 1,
    call: caller("echo", () => bytes(16)),
    beside: { inFlight: 4, call: caller("echo", () => bytes(MIB)) },
  },
  { name: "stream of small messages", needs: "ticks", inFlight: 1, each: TICKS, call: caller("ticks", () => TICKS) },
  {
    name: "64 callbacks in parallel",
    needs: "callBackInParallel",
    inFlight: 1,
    each: CALL_BACKS,
    call: caller("callBackInParallel", () => CALL_BACKS),
  },
  {
    name: "callbacks in sequence",
    needs: "callBackInSequence",
    inFlight: 1,
    each: CALL_BACKS,
    call: caller("callBackInSequence", () => CALL_BACKS),
  },
  { name: "chain of four", needs: "chain", inFlight: 1, call: (client) => client.chain() },
  { name: "chain of four, 5 ms away", needs: "chain", inFlight: 1, delayMs: 5, call: (client) => client.chain() },
  {
    name: "connect to first reply",
    needs: "close",
    inFlight: 1,
    call: async (_, connect) => {
      const client = await connect();
      await client.echo(bytes(16));
      return client;
    },
    after: (client) => client.close(),
  },
];

/**
 * The argument is made for the first call: a process holds none that it does not send. Where order is kept for each
 * object, `echoOfAnother` waits for no other echo; elsewhere there is no difference.
 */
function caller(member, makeArgument) {
  let argument;
  return (client) => {
    argument ??= makeArgument();
    return member === "echoOfAnother" && !client.echoOfAnother ? client.echo(argument) : client[member](argument);
  };
}
