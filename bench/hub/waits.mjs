// How long processes have been ready to run and had no processor: Linux tells (/proc/PID/task/TID/schedstat), others do not.
import { Buffer } from "node:buffer";
import { existsSync, openSync, readSync } from "node:fs";

/** @returns microseconds that the main thread of `pid` has waited for a processor so far, each time it is asked; or undefined. */
export function processorWaits(pid) {
  const path = `/proc/${pid}/task/${pid}/schedstat`; // ns on a processor, ns waiting for one, turns
  if (!existsSync(path)) return undefined;
  const file = openSync(path);
  const text = Buffer.alloc(100);
  return () => Number(text.latin1Slice(0, readSync(file, text, 0, text.length, 0)).split(" ")[1]) / 1000;
}
