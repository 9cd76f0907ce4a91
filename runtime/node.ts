/** `peerwire/node`: all of `peerwire`, and Node's sockets. */
export * from "./index.js";
export { type ConnectOptions, type ListenOptions, type Server, accept, connect, listen } from "./api/endpoints.js";
export { type DialOptions, type SocketAddress, dialSocket } from "./bytes/socket-dialer.js";
export { type SocketListener, listenSocket } from "./bytes/socket-listener.js";
export { toNodeDuplex } from "./streams/node-duplex.js";
export { socketTransport, stdioTransport } from "./bytes/socket-transport.js";
