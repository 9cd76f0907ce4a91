/**
 * Every resource that a hostile or broken peer could exhaust: what protects it, its unit, and what happens past it.
 * Each is checked on the claimed size, before memory is spent. The table with reasons: docs/protocol.md, "Limits".
 */
export interface Limits {
  // Frames and streams (floors frames/ and streams/). Past them: see the code named in brackets.

  /** Largest inbound DATA payload, bytes; the stream's window bounds it too. [session: frame-too-large] */
  maxFramePayloadBytes: number;
  /** Largest DATA payload that we send, bytes: what one bulk frame may delay a small call by. */
  maxSentPayloadBytes: number;
  /** Receive window of a new stream, bytes; never under yamux's 262,144. [session: window-exceeded] */
  initialWindowBytes: number;
  /** What a stream's window may grow to on a long, fast link, bytes. */
  maxWindowBytes: number;
  /** All receive windows of a session together, bytes; past it no window grows. */
  sessionReceiveBytes: number;
  /** Streams that the peer may have open at once. [that stream: RST, counted in refusedStreams] */
  maxInboundStreams: number;
  /** Streams opened by us that the peer has not acknowledged; more wait their turn. */
  maxUnacknowledgedStreams: number;
  /** Inbound streams that the application has not accepted yet. [that stream: RST, counted in refusedStreams] */
  acceptBacklog: number;
  /** Resets received plus resets that the peer made us send: bucket size and refill per second. [session: reset-flood] */
  resetBurst: number;
  resetsPerSecond: number;
  /** Streams refused in any ten seconds. [session: refused-flood] */
  refusedStreamsPer10Seconds: number;
  /** Frames for streams that do not exist, in any ten seconds, and the payload bytes discarded. [session: invalid-flood] */
  invalidFramesPer10Seconds: number;
  discardedBytes: number;
  /** Pings answered: bucket size and refill per second; past it dropped, then [session: ping-flood]. */
  pingBurst: number;
  pingsPerSecond: number;
  /** Pongs waiting to be written; more are dropped. */
  maxQueuedPongs: number;
  /** Empty DATA, and window updates of next to nothing, per second. [session: empty-flood] */
  emptyFramesPerSecond: number;
  /** Bytes queued for the transport: past the soft one writers are told to wait, past the hard one [session: slow-peer]. */
  queuedBytesSoft: number;
  queuedBytesHard: number;
  maxQueuedControlFrames: number;
  /** How long an opened stream may stay unacknowledged, ms. [stream: open-timeout] */
  openTimeoutMs: number;
  /** How long a half-closed stream may be without progress, ms. [stream: RST] */
  closeTimeoutMs: number;
  /** How long the transport may accept no byte at all while we have some to write, ms. [session: write-timeout] */
  writeTimeoutMs: number;
  /** Silence before a ping is sent, and how long its answer may take, ms. [session: keepalive-timeout] */
  keepaliveIdleMs: number;
  keepaliveTimeoutMs: number;

  // Messages, calls and references.

  /** Dialling, TLS and Hello together, ms. [connection closed] */
  handshakeTimeoutMs: number;
  /** Largest Hello, bytes. [connection closed] */
  maxHelloBytes: number;
  /** Largest message in or out, bytes: arguments, result, one item of a stream. [call: RESOURCE_EXHAUSTED] */
  maxMessageBytes: number;
  /** Larger payloads leave the instruction stream for a pooled stream, bytes. */
  maxInlineBytes: number;
  /** How deep a message may nest. [call: INVALID_ARGUMENT] */
  maxNesting: number;
  /** Elements of lists and maps in one message. [call: RESOURCE_EXHAUSTED] */
  maxElements: number;
  /** Digits of a bigint that is carried as text or bytes. [call: INVALID_ARGUMENT] */
  maxBigintDigits: number;
  /** Idle streams kept for the next payload; and payloads under way at once, more wait first in, first out. */
  maxIdlePooledStreams: number;
  maxPooledStreams: number;
  /** Streams of items or bytes that we send at once, waiting ones included. [call: RESOURCE_EXHAUSTED] */
  maxStreams: number;
  /** Metadata of one call: bytes and entries. [call: RESOURCE_EXHAUSTED] */
  maxMetadataBytes: number;
  maxMetadataEntries: number;
  /** Of an error that is sent: message bytes, detail bytes, depth of the cause chain. [cut] */
  maxErrorMessageBytes: number;
  maxErrorDetailBytes: number;
  maxErrorCauseDepth: number;
  /** Inbound calls running, and waiting to run. [wait / call: RESOURCE_EXHAUSTED] */
  maxRunningCalls: number;
  maxWaitingCalls: number;
  /** Arguments held for inbound calls that have not started, bytes: large ones, and as much of small ones. [wait / call: RESOURCE_EXHAUSTED] */
  maxWaitingArgumentBytes: number;
  /** How long the peer may send no payload while a call waits for its large arguments, ms, up to twice. [call: DEADLINE_EXCEEDED] */
  argumentsTimeoutMs: number;
  /** Our calls that wait for their answer. [local LimitError too-many-calls] */
  maxPendingCalls: number;
  /** Inbound calls that are nested in calls of ours, waiting or running: a budget of their own. [call: RESOURCE_EXHAUSTED] */
  maxNestedCalls: number;
  /** One-way calls on one reference that the peer has not taken yet: a consumer that lags. [local LimitError too-many-calls] */
  maxUntakenOneWay: number;
  /** Awaited calls on one reference that the peer has not answered: what one callback may have under way. [local LimitError too-many-calls] */
  maxUnansweredPerReference: number;
  /** How deep calls may nest across both peers (A calls B calls A ...). [local LimitError calls-too-deep / call: RESOURCE_EXHAUSTED] */
  maxCallDepth: number;
  /** Objects shared with the peer at once, and by one message. [call: RESOURCE_EXHAUSTED] */
  maxExports: number;
  maxReferencesPerMessage: number;
  /** Snapshots in the references of one message, bytes. [call: RESOURCE_EXHAUSTED] */
  maxSnapshotBytes: number;
  /** Objects that the peer may share with us at once. [session: bad-reference] */
  maxImports: number;
  /** Calls made on one promised result before it is known, and how long a chain of them may be. [call: RESOURCE_EXHAUSTED] */
  maxPipelinedPerCall: number;
  maxPipelineDepth: number;
  /** How long neither side may ask or hold anything of the other, ms, up to twice; off by default. [session: goodbye, UNAVAILABLE] */
  idleSessionMs: number;
  /** Calls recorded by one `map` over a list. [local LimitError too-many-calls / call: RESOURCE_EXHAUSTED] */
  maxMapSteps: number;
  /** Calls that recorded programs run at once, items times steps, of all programs of the peer. [call: RESOURCE_EXHAUSTED] */
  maxMapCalls: number;
  /** Sessions that one listener holds at once. [connection refused] */
  maxSessions: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

export const DEFAULT_LIMITS: Readonly<Limits> = /* @__PURE__ */ Object.freeze({
  maxFramePayloadBytes: 1 * MiB,
  maxSentPayloadBytes: 32 * KiB,
  initialWindowBytes: 256 * KiB,
  maxWindowBytes: 16 * MiB,
  sessionReceiveBytes: 64 * MiB,
  maxInboundStreams: 256,
  maxUnacknowledgedStreams: 256,
  acceptBacklog: 256,
  resetBurst: 1000,
  resetsPerSecond: 33,
  refusedStreamsPer10Seconds: 100,
  invalidFramesPer10Seconds: 1000,
  discardedBytes: 4 * MiB,
  pingBurst: 20,
  pingsPerSecond: 2,
  maxQueuedPongs: 16,
  emptyFramesPerSecond: 5000,
  queuedBytesSoft: 1 * MiB,
  queuedBytesHard: 16 * MiB,
  maxQueuedControlFrames: 4096,
  openTimeoutMs: 75_000,
  closeTimeoutMs: 300_000,
  writeTimeoutMs: 30_000,
  keepaliveIdleMs: 30_000,
  keepaliveTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  maxHelloBytes: 16 * KiB,
  maxMessageBytes: 4 * MiB,
  maxInlineBytes: 32 * KiB,
  maxNesting: 100,
  maxElements: 100_000,
  maxBigintDigits: 1024,
  maxIdlePooledStreams: 8,
  maxPooledStreams: 128,
  maxStreams: 1024,
  maxMetadataBytes: 8 * KiB,
  maxMetadataEntries: 64,
  maxErrorMessageBytes: 4 * KiB,
  maxErrorDetailBytes: 8 * KiB,
  maxErrorCauseDepth: 4,
  maxRunningCalls: 1024,
  maxWaitingCalls: 10_000,
  maxWaitingArgumentBytes: 64 * MiB,
  argumentsTimeoutMs: 60_000,
  maxPendingCalls: 10_000,
  maxNestedCalls: 256,
  maxUntakenOneWay: 10_000,
  maxUnansweredPerReference: 10_000,
  maxCallDepth: 32,
  maxExports: 10_000,
  maxReferencesPerMessage: 1000,
  maxSnapshotBytes: 256 * KiB,
  maxImports: 10_000,
  maxPipelinedPerCall: 256,
  maxPipelineDepth: 32,
  idleSessionMs: Number.POSITIVE_INFINITY,
  maxMapSteps: 256,
  maxMapCalls: 10_000,
  maxSessions: 1000,
});

/** The defaults with `overrides` in place. @throws {RangeError} for a value that is not a number of at least 0. */
export function resolveLimits(overrides: Partial<Limits> = DEFAULT_LIMITS): Limits {
  if (overrides === DEFAULT_LIMITS || resolved.has(overrides)) return overrides as Limits;
  for (const [name, value] of Object.entries(overrides) as [keyof Limits, unknown][]) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name))
      throw new RangeError(`limits.${name} is not a limit; see the Limits interface for their names`);
    if (typeof value !== "number" || !(value >= 0)) {
      throw new RangeError(
        `limits.${name} is ${String(value)}; give a number of at least 0, such as ${DEFAULT_LIMITS[name]}`,
      );
    }
  }
  const limits: Limits = Object.freeze({ ...DEFAULT_LIMITS, ...overrides });
  resolved.add(limits);
  return limits;
}

/** What was resolved here: each floor of a connection asks, and one has looked. */
const resolved = new WeakSet<Partial<Limits>>();
