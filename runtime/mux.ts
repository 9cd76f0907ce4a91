/**
 * `peerwire/mux`: the multiplexer by itself, for Node and browsers. Everything a session of its own needs; docs/mux.md
 * shows how. Transports over Node's sockets and the Duplex adapter are in `peerwire/node`.
 */
export { Session } from "./streams/session.js";
export type { SessionEnd, SessionOptions, SessionStats } from "./streams/session-contract.js";
export type { Role } from "./streams/stream-table.js";
export type { RoundTripTimes } from "./streams/round-trips.js";
export type { StreamState } from "./streams/stream-state.js";
export type { SessionStream as Stream, StreamLike, StreamReceiver } from "./streams/contract.js";
export { readChunks } from "./streams/read-chunks.js";
export { openTyped, typedStreams, type TypedStreamsOptions } from "./streams/typed-streams.js";
export { Heartbeat, type HeartbeatOptions } from "./streams/heartbeat.js";
export { toWebStreams, type WebStreamPair } from "./streams/web-streams.js";
export { FrameType, Flag, GoAwayCode, type FrameHeader } from "./frames/header.js";
export type { Transport, TransportReceiver } from "./bytes/transport.js";
export { memoryTransportPair } from "./bytes/memory-transport.js";
export { systemClock, type Clock, type Timer } from "./base/clock.js";
export type { StreamId } from "./base/ids.js";
export { DEFAULT_LIMITS, type Limits } from "./base/limits.js";
export {
  ClosedError,
  LimitError,
  ProtocolError,
  type ClosedErrorCode,
  type LimitErrorCode,
  type ProtocolErrorCode,
} from "./base/errors.js";
