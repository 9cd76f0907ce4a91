/** Why a plugin is gone: what this side did, or what its connection ended with. Pure. */
import { CallError, ClosedError, ProtocolError } from "../base/errors.js";

export type DisconnectReason =
  /** The hub took it out (`hub.unplug`). */
  | "unplugged"
  /** The plugin said goodbye. */
  | "pluginStopped"
  /** The hub is going away (`hub.shutdown`). */
  | "hubShutdown"
  /** Another has taken its name (policy "replace"). */
  | "replaced"
  /** The connection was lost without a word. */
  | "transportLost"
  /** It broke the protocol. */
  | "protocolError"
  /** It is silent: no answer to a ping. */
  | "heartbeat";

/** What a connection that this side did not end has ended with. */
export function reasonOf(error: Error): DisconnectReason {
  if (error instanceof ProtocolError) return "protocolError";
  if (!(error instanceof ClosedError)) return "transportLost";
  if (error.code === "keepalive-timeout") return "heartbeat";
  return error.code === "session-closed" ? "pluginStopped" : "transportLost";
}

/** Whether goodbyes were said. */
export function isGraceful(reason: DisconnectReason): boolean {
  return reason === "unplugged" || reason === "pluginStopped" || reason === "hubShutdown" || reason === "replaced";
}

/** What the plugin is told, so that it knows whether to come back (connections/reconnecting.ts). */
export function goodbyeFor(reason: "unplugged" | "hubShutdown" | "replaced", name: string): CallError {
  switch (reason) {
    case "unplugged":
      return new CallError("FAILED_PRECONDITION", `"${name}" was unplugged by the hub`);
    case "hubShutdown":
      return new CallError("UNAVAILABLE", "the hub is shutting down");
    case "replaced":
      return new CallError("ALREADY_EXISTS", `another plugin has taken the place of "${name}"`);
  }
}
