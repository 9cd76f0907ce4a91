// Who is measured. A kind has `serve(): Promise<port>` and `connect(port): Promise<client>`; which members a client has says
// what the kind can do. The rivals stand in a package of their own: `npm ci --prefix bench/rpc/rivals`.
export const kinds = {
  "raw": "./kinds/raw.mjs",
  "peerwire": "./kinds/peerwire.mjs",
  "grpc-js": "./rivals/grpc-js.mjs",
  "connect": "./rivals/connect.mjs",
  "capnweb (WebSocket)": "./rivals/capnweb-websocket.mjs",
  "capnweb (TCP)": "./rivals/capnweb-tcp.mjs",
  "birpc + msgpackr": "./rivals/birpc.mjs",
  "deepkit": "./rivals/deepkit.mjs",
  "tgrid": "./rivals/tgrid.mjs",
  "kkrpc": "./rivals/kkrpc.mjs",
  "rpc-websockets": "./rivals/rpc-websockets.mjs",
  "socket.io": "./rivals/socket.io.mjs",
  // Within one process: their processor time is all in the client's column.
  "peerwire (worker)": "./kinds/peerwire-worker.mjs",
  "comlink (worker)": "./rivals/comlink.mjs",
};

/** @returns the kind, or undefined where its package is not installed. */
export async function load(path) {
  try {
    return await import(new URL(path, import.meta.url).href);
  } catch (error) {
    if (error.code === "ERR_MODULE_NOT_FOUND" && path.includes("rivals/")) return undefined;
    throw error;
  }
}
