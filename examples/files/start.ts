/**
 * `npm start`: a server as a process of its own, which serves this repository and an empty folder; a client that shows
 * what the two can do; and the server's sudden end. Exits with 0 only where everything that is shown was true.
 */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ClosedError } from "peerwire";
import { connect } from "peerwire/node";
import { VolumeService } from "../../generated/examples/files/volume.rpc.js";
import { explore, failureOf } from "./client.js";
import { writeLargeFile } from "./large-file.js";
import { Report } from "./report.js";
import { ServerProcess } from "./server-process.js";

const LARGE_FILE_BYTES = 64 * 1024 * 1024;
/** Something hangs that takes longer: all of it is done in a second or two. */
const PATIENCE_MS = 60_000;

const report = new Report(process.stdout);
const repository = fileURLToPath(new URL("../../../", import.meta.url)); // from dist/examples/files
const scratch = await mkdtemp(join(tmpdir(), "peerwire-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
setTimeout(() => {
  console.error(`not done within ${PATIENCE_MS} ms`);
  process.exit(1);
}, PATIENCE_MS).unref();
process.once("SIGINT", () => process.exit(130)).once("SIGTERM", () => process.exit(143));

try {
  const largeFile = await writeLargeFile(scratch, "large.bin", LARGE_FILE_BYTES);
  await using server = await ServerProcess.start(repository, `scratch=${scratch}`);
  report.title("Two processes");
  report.line(`${server.pid} serves this repository at ${server.address}; ${process.pid} explores it`);
  await explore({ report, address: server.address, repository, scratch, largeFile });
  await killServer(server);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
if (!report.isTrue) process.exitCode = 1;

async function killServer(server: ServerProcess): Promise<void> {
  report.title("The server is killed in the middle of a call");
  const peer = await connect(server.address);
  const scratchVolume = await peer.root(VolumeService, "scratch");
  const watch = await scratchVolume.watch(scratchVolume.root(), () => undefined);
  const waiting = failureOf(watch.next());
  await watch.count(); // calls on one object start in order: the server has begun with next()
  server.kill();
  const lost = await waiting;
  report.check(`the call fails: ${lost.message}`, lost instanceof ClosedError);
  if (lost instanceof ClosedError) {
    report.check(`code "${lost.code}"`, lost.code, "transport-closed");
    report.check(`dispatched "${lost.dispatched}": it may have run`, lost.dispatched, "maybe");
  }
  const later = await failureOf(watch.count());
  report.check(
    "later calls fail at once, and say that they were never sent",
    later instanceof ClosedError && later.dispatched,
    "no",
  );
  await peer.closed;
}
