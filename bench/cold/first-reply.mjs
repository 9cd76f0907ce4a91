// `first-reply.mjs KIND PORT`: connects, makes one call, and ends.
import { Buffer } from "node:buffer";
import { kinds, load } from "../rpc/kinds.mjs";

const [name, port] = process.argv.slice(2);
const client = await (await load(kinds[name])).connect(Number(port));
await client.echo(Buffer.alloc(16, 7));
process.exit(0);
