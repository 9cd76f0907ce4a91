/** `peerwire/node`: all of `peerwire`, and what Node alone can carry: sockets, TLS, WebSocket servers, child processes. */
export * from "./index.js";
export {
  type ChildProcessLike,
  type ConnectOptions,
  type ListenOptions,
  type NodeConnection,
  accept,
  connect,
  listen,
} from "./api/endpoints.js";
export {
  type CarrierDialOptions,
  type CarrierListenOptions,
  dialTransport,
  listenTransport,
} from "./bytes/carriers.js";
export { socketTransport, stdioTransport } from "./bytes/socket-transport.js";
export type { HttpServer } from "./bytes/websocket-listener.js";
export { toNodeDuplex } from "./streams/node-duplex.js";
