// `pair.mjs SERVER CLIENT STREAMS BYTES`: one JavaScript yamux as the server, another as the client.
import process from "node:process";
import { checkEcho, echoBytes } from "./echo-over-pipes.mjs";

const MODULES = {
  "peerwire": "../../bench/mux/kinds/peerwire.mjs",
  "yamux-js": "../../bench/mux/rivals/yamux-js.mjs",
  "@libp2p/yamux": "../../bench/mux/rivals/libp2p.mjs",
};
const [server, client, streams, bytes] = process.argv.slice(2);
const { serve } = await import(MODULES[server]);
const { dial } = await import(MODULES[client]);
// yamux-js never delivers FIN to its reader, so with it only the bytes are compared.
const deliversEnd = server !== "yamux-js" && client !== "yamux-js";
try {
  await checkEcho(await dial(await serve(echoBytes)), { streams: Number(streams), bytes: Number(bytes), deliversEnd });
  console.log(`ok ${streams}`);
  process.exit(0);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
