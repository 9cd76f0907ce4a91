// This project to a worker of this process, over its MessagePort transport.
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { accept, connect as dial } from "peerwire/node";
import { clientOf, options, served } from "./peerwire.mjs";

if (!isMainThread) await accept(parentPort, served);

/** The client brings its own worker. */
export function serve() {
  return 0;
}

export async function connect() {
  const worker = new Worker(new URL(import.meta.url));
  return { ...(await clientOf(await dial(worker, options))), close: undefined }; // starting a thread is not connecting
}
