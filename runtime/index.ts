/**
 * `peerwire`: what runs anywhere, browsers included. Node's sockets are in `peerwire/node`, the multiplexer by itself
 * in `peerwire/mux`, and what generated code uses in `peerwire/emitted-v1`.
 */
export { accept, connect } from "./api/connections.js";
export type { OpenOptions } from "./api/open-peer.js";
export type { Connection } from "./api/over.js";
export type { PeerServerOptions, Server } from "./api/peer-server.js";
export type { HandshakeOptions, PeerInfo, Verdict } from "./api/handshake.js";
export { Peer, type PeerOptions } from "./api/peer.js";
export type { DrainReport, PeerReferences, PeerStats, ReferenceCounts } from "./api/peer-reports.js";
export { serve, type Root } from "./api/root.js";
export { Pool, type PoolOptions, type PoolStats, connectPool } from "./connections/pool.js";
export {
  type Dial,
  type ReconnectOptions,
  ReconnectingPeer,
  isWorthRetrying,
  reconnect,
} from "./connections/reconnecting.js";
export { type PluginDial, type PluginOptions, Plugin, startPlugin } from "./hub/plugin.js";
export type { QueueOptions, WhenFull } from "./hub/bounded-queue.js";
export type { EventQueue, Received } from "./hub/event-receiver.js";
export type { EventStats } from "./hub/event-sender.js";
export type { EventOf } from "./hub/event-types.js";
export type * from "./api/brands.js";
export type { InterfaceDescription, MemberDescription } from "./api/reflection.js";
export type { MapPromise, Recorded, RemoteList } from "./api/recorded.js";
export { RemoteStub } from "./api/stub.js";
export { authorise } from "./interceptors/authorise.js";
export { type ConcurrencyLimitOptions, concurrencyLimit } from "./interceptors/concurrency-limit.js";
export { type CallLogEntry, logging } from "./interceptors/logging.js";
export { type RetryOptions, retry } from "./interceptors/retry.js";
export { whenOver } from "./interceptors/when-over.js";
export type { Clock, Timer } from "./base/clock.js";
export {
  CALL_ERROR_CODES,
  CallError,
  type CallErrorCode,
  ClosedError,
  type ClosedErrorCode,
  LimitError,
  type LimitErrorCode,
  ProtocolError,
  type ProtocolErrorCode,
} from "./base/errors.js";
export { DEFAULT_LIMITS, type Limits } from "./base/limits.js";
export { memoryTransportPair } from "./bytes/memory-transport.js";
export { type MessagePortLike, messagePortTransport } from "./bytes/message-port-transport.js";
export type {
  DialOptions,
  Listener,
  RemoteCertificate,
  RemoteEnd,
  Transport,
  TransportReceiver,
} from "./bytes/transport.js";
export { type WebStreams, webStreamTransport } from "./bytes/web-stream-transport.js";
export type { CallContext, InterceptedCall, Interceptor } from "./api/call-types.js";
export type { CallChanges } from "./calls/incoming-call.js";
export type { InterceptedMember, Next } from "./calls/interceptor.js";
export type { Instruction } from "./messages/instruction.js";
export { isRemote, release, whenTaken, withOptions } from "./references/link-of.js";
export type { CutOff } from "./references/drain.js";
export type { ContextStorage } from "./references/reference-context.js";
export type { CallOptions } from "./references/remote-link.js";
export type { ReferenceEntry, ReferenceWarning, ReferenceWatchOptions } from "./references/reference-watch.js";
export type { RoundTripTimes } from "./streams/round-trips.js";
export type { ServiceDescriptor } from "./references/service.js";
