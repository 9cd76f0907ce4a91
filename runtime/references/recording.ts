/**
 * Who records the calls that are made now, if anybody does: while `map`'s callback runs, stubs ask here for their way out.
 * Knows nothing of what is written down (recorder.ts), so that stubs can ask without bringing it along.
 */
import type { RemoteLink } from "./remote-link.js";

export interface Recording {
  /** The way to something from outside, while the callback runs. @param object  a stub, or the promise of one. */
  linkTo(object: object, link: RemoteLink): RemoteLink;
}

let current: Recording | undefined;

/** Who records now, if anybody does. */
export function recordingNow(): Recording | undefined {
  return current;
}

/** Runs `run`, whose calls `recording` takes. */
export function record<T>(recording: Recording, run: () => T): T {
  current = recording;
  try {
    return run();
  } finally {
    current = undefined;
  }
}
