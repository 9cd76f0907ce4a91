import { afterEach, describe, expect, it } from "@jest/globals";
import { dialSocket } from "../../../runtime/bytes/socket-dialer.js";
import { listenSocket } from "../../../runtime/bytes/socket-listener.js";
import { memoryTransportPair } from "../../../runtime/bytes/memory-transport.js";
import type { Transport } from "../../../runtime/bytes/transport.js";
import { Session } from "../../../runtime/streams/session.js";
import { StreamEnds } from "../../../runtime/streams/stream-ends.js";
import type { SessionStream as Stream } from "../../../runtime/streams/contract.js";

type Pair = readonly [Transport, Transport];
const memoryPair = (): Promise<Pair> => Promise.resolve(memoryTransportPair());
async function tcpPair(): Promise<Pair> {
  let accepted!: (transport: Transport) => void;
  const server = new Promise<Transport>((resolve) => (accepted = resolve));
  const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, accepted);
  const client = await dialSocket(listener.address);
  await listener.close();
  return [client, await server];
}

function echo(stream: Stream): void {
  stream.receive({
    onData: (chunk) => {
      stream.write(chunk.slice());
      stream.consume(chunk.length);
    },
    onEnd: () => stream.end(),
    onDrain: () => undefined,
    onClose: () => undefined,
  });
}

async function readAll(ends: StreamEnds): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await ends.read(); chunk; chunk = await ends.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.each([
  ["memory", memoryPair],
  ["tcp", tcpPair],
])("a session over %s", (_name, connect) => {
  const sessions: Session[] = [];
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
  });
  async function pair(): Promise<readonly [Session, Session]> {
    const [left, right] = await connect();
    const client = new Session(left, { role: "client" });
    const server = new Session(right, { role: "server", onStream: echo });
    sessions.push(client, server);
    return [client, server];
  }

  it("echoes a stream of 3 MiB and ends it in both directions", async () => {
    const [client, server] = await pair();
    const sent = Buffer.alloc(3 * 1024 * 1024, "0123456789abcdef");
    const ends = new StreamEnds(client.open());
    void ends.write(sent).then(() => ends.end());
    expect((await readAll(ends)).equals(sent)).toBe(true);
    expect([client.stats().streams, server.stats().streams]).toEqual([0, 0]);
  });

  it("echoes 200 streams at once", async () => {
    const [client, server] = await pair();
    const results = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const ends = new StreamEnds(client.open());
        const sent = Buffer.alloc(1000 + i, i);
        await ends.write(sent);
        ends.end();
        return (await readAll(ends)).equals(sent);
      }),
    );
    expect(results.every(Boolean)).toBe(true);
    expect([client.stats().streams, server.stats().streams]).toEqual([0, 0]);
  });

  it("measures a round trip", async () => {
    const [client] = await pair();
    expect(await client.ping()).toBeGreaterThanOrEqual(0);
  });

  it("ends on both sides with neither side's error when one closes", async () => {
    const [client, server] = await pair();
    expect(await client.close()).toEqual({ goAwayCode: undefined });
    expect(await server.closed).toEqual({ goAwayCode: 0 });
  });
});
