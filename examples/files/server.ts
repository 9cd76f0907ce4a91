/**
 * Serves folders of this machine until its stdin closes or it is told to stop:
 *   node dist/examples/files/server.js FOLDER [NAME=FOLDER ...] [ADDRESS]
 * A folder without a name is the volume that clients get by default. ADDRESS is `tcp://HOST:PORT` (by default any free
 * port of this machine alone) or `unix:/PATH`. Its one line of output is `listening ADDRESS`.
 */
import { listen, serve } from "peerwire/node";
import { VolumeService } from "../../generated/examples/files/volume.rpc.js";
import { openVolume } from "./disk-volume.js";

const words = process.argv.slice(2);
const addresses = words.filter(isAddress);
const folders = words.filter((word) => !isAddress(word));
if (folders.length === 0 || addresses.length > 1) {
  console.error("usage: node dist/examples/files/server.js FOLDER [NAME=FOLDER ...] [ADDRESS]");
  process.exit(2);
}

try {
  const roots = await Promise.all(
    folders.map(async (word) => {
      const [, name, folder] = /^(?:([\w-]+)=)?(.+)$/.exec(word)!;
      return serve(VolumeService, await openVolume(folder!), name);
    }),
  );
  const server = await listen(addresses[0] ?? "tcp://127.0.0.1:0", { name: "files", roots });
  console.log(`listening ${server.address}`);

  const stop = (): void => void server.close().then(() => process.exit(0));
  process.once("SIGTERM", stop).once("SIGINT", stop);
  process.stdin.once("close", stop).resume(); // whoever started this process has gone
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}

function isAddress(word: string): boolean {
  return /^(tcp:\/\/|unix:)/.test(word);
}
