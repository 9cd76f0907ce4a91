/**
 * What one run of the generator leaves for the next over the same config, so that an edit costs what it changes: under
 * `--watch`. Whatever is in it, the next run gives what a run without it would give.
 */
import type { Config } from "./config.js";
import { EmitMemory } from "./emit/emit-memory.js";
import type { DiscoverMemory } from "./passes/discover.js";
import type { IntrospectionMemory } from "./passes/introspect.js";
import { EntryMemory } from "./passes/introspect/entry-memory.js";
import { ProjectLoader } from "./passes/load.js";
import { NumberMemory } from "./passes/number-memory.js";
import { LockReader } from "./proto/lock-reader.js";

export class Memory {
  /** The compiler's program: of files that have not changed, what was parsed and bound. */
  readonly loader: ProjectLoader;
  /** What the syntax of each source offers. */
  readonly discovered: DiscoverMemory = new WeakMap();
  /** What introspection found. */
  readonly introspection: IntrospectionMemory = { entries: new EntryMemory(), renamed: new EntryMemory() };
  readonly emitted: EmitMemory = new EmitMemory();
  readonly numbers: NumberMemory = new NumberMemory();
  /** What the committed schema says. */
  readonly locks: LockReader = new LockReader();

  constructor(config: Config) {
    this.loader = new ProjectLoader(config);
  }
}
