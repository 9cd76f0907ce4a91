// Streams opened at once by one implementation and echoed by another, over a real socket; the pipes are those of bench/mux.
import { Buffer } from "node:buffer";

/** Goes back as it came, in order; the end is answered with ours. */
export function echoBytes(pipe) {
  const waiting = [];
  let hasRoom = true;
  let isEnding = false;
  const go = () => {
    while (hasRoom && waiting.length > 0) hasRoom = pipe.write(waiting.shift());
    if (isEnding && waiting.length === 0) pipe.end();
  };
  pipe.receive({
    onData: (chunk) => {
      waiting.push(Buffer.from(chunk)); // a copy: the chunk may be valid only during this call
      go();
    },
    onEnd: () => {
      isEnding = true;
      go();
    },
    onDrain: () => {
      hasRoom = true;
      go();
    },
  });
}

/** Opens the streams and checks what comes back; rejects at the first difference. `deliversEnd`: also waits for the end. */
export async function checkEcho(connection, { streams, bytes, deliversEnd }) {
  const pipes = [];
  for (let i = 0; i < streams; i++) pipes.push(await connection.open());
  await Promise.all(pipes.map((pipe, i) => echoOnce(pipe, i, { bytes, deliversEnd })));
}

function echoOnce(pipe, index, { bytes, deliversEnd }) {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let received = 0;
    const send = () => {
      for (let hasRoom = true; hasRoom && sent < bytes;) {
        const chunk = pattern(index, sent, Math.min(16 * 1024, bytes - sent));
        sent += chunk.length;
        hasRoom = pipe.write(chunk);
      }
      if (sent < bytes) return;
      sent = Infinity;
      if (deliversEnd) pipe.end();
    };
    pipe.receive({
      onData: (chunk) => {
        if (!pattern(index, received, chunk.length).equals(chunk))
          reject(new Error(`stream ${index} differs after ${received}`));
        received += chunk.length;
        if (received === bytes && !deliversEnd) resolve();
      },
      onEnd: () => {
        if (received === bytes) resolve();
        else reject(new Error(`stream ${index} ended after ${received} of ${bytes} bytes`));
      },
      onDrain: send,
    });
    send();
  });
}

function pattern(index, from, count) {
  const chunk = Buffer.allocUnsafe(count);
  for (let i = 0; i < count; i++) chunk[i] = index * 31 + from + i + ((from + i) >>> 8) * 7;
  return chunk;
}
