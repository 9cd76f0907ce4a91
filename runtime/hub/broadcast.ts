/** One call to many plugins, and what became of each. */
import { errorFrom } from "../base/errors.js";
import { RemoteStub } from "../api/stub.js";
import type { ServiceDescriptor } from "../references/service.js";
import type { HubPlugin } from "./hub-plugin.js";

export interface BroadcastOptions {
  /** Which plugins are asked; by default all that serve the interface. */
  filter?: (plugin: HubPlugin) => boolean;
  /** For each call. */
  timeoutMs?: number;
  /** Calls under way at once; by default all. */
  concurrency?: number;
}

export type BroadcastResult<R> =
  { readonly ok: true; readonly value: R } | { readonly ok: false; readonly error: Error };

/** Never rejects. @returns one result for each plugin, by id, in the order of `plugins`. */
export async function broadcast<T extends object, Stub extends T, R>(
  plugins: readonly HubPlugin[],
  service: ServiceDescriptor<T, Stub>,
  ask: (stub: Stub, plugin: HubPlugin) => Promise<R> | R,
  { timeoutMs, concurrency = Number.POSITIVE_INFINITY }: BroadcastOptions,
): Promise<Map<string, BroadcastResult<R>>> {
  const results = new Map<string, BroadcastResult<R> | undefined>(plugins.map(({ id }) => [id, undefined]));
  const one = async (plugin: HubPlugin): Promise<BroadcastResult<R>> => {
    try {
      const stub = await plugin.root(service);
      const asked = timeoutMs !== undefined && stub instanceof RemoteStub ? stub.$with({ timeoutMs }) : stub;
      return { ok: true, value: await ask(asked, plugin) };
    } catch (error) {
      return { ok: false, error: errorFrom(error) };
    }
  };
  const left = [...plugins];
  const work = async (): Promise<void> => {
    for (let plugin = left.shift(); plugin !== undefined; plugin = left.shift())
      results.set(plugin.id, await one(plugin));
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(concurrency, plugins.length)) }, work));
  return results as Map<string, BroadcastResult<R>>;
}
