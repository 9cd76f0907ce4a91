// Comlink to a worker of this process: what it is made for. Calls and callbacks by proxy, over messages that are cloned.
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { expose, proxy, wrap } from "comlink/dist/esm/comlink.mjs";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { implementation } from "../implementation.mjs";

if (!isMainThread) {
  const { echo, add, place, sink, callBack } = implementation;
  expose({ echo, add, place, sink, callBack }, nodeEndpoint(parentPort));
}

/** The client brings its own worker. */
export function serve() {
  return 0;
}

export async function connect() {
  const worker = wrap(nodeEndpoint(new Worker(new URL(import.meta.url))));
  await worker.add(1, 1);
  const back = async (value) => value + 1;
  return {
    echo: (bytes) => worker.echo(bytes),
    add: (a, b) => worker.add(a, b),
    place: (order) => worker.place(order),
    sink: (bytes) => worker.sink(bytes),
    callBackInParallel: (times) => worker.callBack(proxy(back), times, true),
    callBackInSequence: (times) => worker.callBack(proxy(back), times, false),
  };
}
