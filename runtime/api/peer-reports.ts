/** What a peer tells of itself: what is held, what is under way, and what a goodbye cut off. */
import type { CutOff } from "../references/drain.js";
import type { ReferenceEntry } from "../references/reference-watch.js";
import type { RoundTripTimes } from "../streams/round-trips.js";

export interface ReferenceCounts {
  /** Objects. */
  readonly entries: number;
  /** References to them: an object that crossed twice has two. */
  readonly retains: number;
}

export interface PeerReferences {
  /** What the other side holds of ours. */
  readonly exports: ReferenceCounts & { readonly list: readonly ReferenceEntry[] };
  /** What we hold of the other side. */
  readonly imports: ReferenceCounts & { readonly list: readonly ReferenceEntry[] };
}

export interface PeerStats {
  /** Made here, and not answered yet. */
  readonly outgoingCalls: number;
  /** Received, and not answered yet. */
  readonly incomingCalls: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly streams: number;
  /** By the answers to `ping`, and to the session's own pings; undefined before the first. */
  readonly roundTrip: RoundTripTimes | undefined;
}

/** What became of a goodbye that waited. */
export interface DrainReport {
  /** What had not ended within the grace, and with whom. */
  readonly cut: readonly (CutOff & { readonly peer: string })[];
}
