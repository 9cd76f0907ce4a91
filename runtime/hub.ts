/** `peerwire/hub`: the hub, for Node. What a plugin needs (`startPlugin`) is in `peerwire`, and runs anywhere. */
export type { BroadcastOptions, BroadcastResult } from "./hub/broadcast.js";
export type { DisconnectReason } from "./hub/disconnect.js";
export {
  type CutPlugin,
  type Disconnect,
  Hub,
  type HubOptions,
  type PluginWait,
  type ShutdownReport,
} from "./hub/hub.js";
export type { HubPlugin, PluginInfo, PluginState } from "./hub/hub-plugin.js";
export type { NamePolicy } from "./hub/plugin-names.js";
export type { WaitOptions } from "./hub/waiters.js";
