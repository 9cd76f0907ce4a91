// The practical limit of Node: messages with a length, an id and a kind over a socket, one write a turn. No types, no
// checks, no order beyond the socket's. What everything else is measured against.
import { Buffer } from "node:buffer";
import { connect as dial, createServer } from "node:net";
import { FramedSocket, listening } from "../framed-socket.mjs";

const HEAD_BYTES = 5; // four of id, one of kind
const ECHO = 0;
const SINK = 1;
const TICKS = 2;
const CALL_BACK = 3;
const ANSWER = 4;
const TICK = 5;
const TICK_BODY = Buffer.from("12345678tick of the clock");
const NOTHING = Buffer.alloc(0);

function head(id, kind) {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES);
  bytes.writeUInt32BE(id, 0);
  bytes[4] = kind;
  return bytes;
}

export function serve() {
  const server = createServer({ noDelay: true }, (socket) => {
    let left = 0; // call-backs that have no answer yet
    let asked = 0;
    const framed = new FramedSocket(socket, (message) => {
      const id = message.readUInt32BE(0);
      const body = message.subarray(HEAD_BYTES);
      switch (message[4]) {
        case ECHO:
          framed.send(head(id, ANSWER), body);
          break;
        case SINK:
          framed.send(head(id, ANSWER), NOTHING);
          break;
        case TICKS:
          for (let count = body.readUInt32BE(0); count > 0; count--) framed.send(head(id, TICK), TICK_BODY);
          framed.send(head(id, ANSWER), NOTHING);
          break;
        case CALL_BACK:
          asked = id;
          left = body.readUInt32BE(0);
          for (let count = left; count > 0; count--) framed.send(head(id, CALL_BACK), NOTHING);
          break;
        case ANSWER:
          if (--left === 0) framed.send(head(asked, ANSWER), NOTHING);
          break;
      }
    });
  });
  return listening(server);
}

export async function connect(port) {
  const socket = dial({ port, host: "127.0.0.1", noDelay: true });
  const pending = new Map();
  let lastId = 0;
  const framed = new FramedSocket(socket, (message) => {
    const id = message.readUInt32BE(0);
    if (message[4] === CALL_BACK) framed.send(head(id, ANSWER), NOTHING);
    if (message[4] !== ANSWER) return;
    pending.get(id)(message.subarray(HEAD_BYTES));
    pending.delete(id);
  });
  const ask = (kind, body) =>
    new Promise((resolve) => {
      const id = ++lastId;
      pending.set(id, resolve);
      framed.send(head(id, kind), body);
    });
  await new Promise((resolve) => socket.once("connect", resolve));
  const sixteen = Buffer.alloc(16);
  const count = (value) => {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(value, 0);
    return bytes;
  };
  return {
    echo: (bytes) => ask(ECHO, bytes),
    add: () => ask(ECHO, sixteen),
    sink: (bytes) => ask(SINK, bytes),
    ticks: (ticks) => ask(TICKS, count(ticks)),
    callBackInParallel: (times) => ask(CALL_BACK, count(times)),
    close: () => {
      socket.destroy();
    },
    chain: () => ask(ECHO, sixteen), // one round trip, which is what a chain should cost
  };
}
