/**
 * The multiplexer by itself, over TCP: `server --port N` echoes every stream; `client PORT N SIZE` opens N streams at once
 * and checks that SIZE patterned bytes come back on each. Knows only peerwire/mux and the sockets of peerwire/node.
 * Source: docs/mux.md.
 */
import { MAX_STREAMS, startServer } from "./server.js";
import { runClient } from "./client.js";

const USAGE = "usage: mux-echo server --port PORT | mux-echo client PORT STREAMS BYTES";

async function main(args: readonly string[]): Promise<void> {
  const [role, ...rest] = args;
  if (role === "server" && rest[0] === "--port" && rest.length === 2) {
    console.log(`listening ${await startServer(count(rest[1], 65_535))}`);
    return;
  }
  if (role !== "client" || rest.length !== 3) throw new Error(USAGE);
  const [port, streams, bytes] = [count(rest[0], 65_535), count(rest[1], MAX_STREAMS), count(rest[2])];
  await runClient(port, streams, bytes);
  console.log(`ok ${streams}`);
}

function count(text: string | undefined, most = Number.MAX_SAFE_INTEGER): number {
  const number = Number(text);
  if (text === undefined || text === "" || !Number.isSafeInteger(number) || number < 0 || number > most) {
    throw new Error(`"${text ?? ""}" is not a number from 0 to ${most}; ${USAGE}`);
  }
  return number;
}

main(process.argv.slice(2)).then(
  () => {
    if (process.argv[2] === "client") process.exit(0);
  },
  (error: unknown) => {
    console.error((error instanceof Error ? error.message : String(error)).replaceAll("\n", " "));
    process.exit(1);
  },
);
