/** Random edits of the project in edited-project.ts: one file at a time, sometimes two. */
import { seeded } from "../../support/seeded.js";
import { CONFIGS, FILES } from "./edited-project.js";

export interface Edit {
  readonly path: string;
  /** Undefined: the file is removed. */
  readonly text: string | undefined;
}

export interface EditedProject {
  /** What it begins with. */
  readonly files: Readonly<Record<string, string>>;
  edit(): readonly Edit[];
}

const TEXTS: Readonly<Record<string, readonly (string | undefined)[]>> = {
  ...FILES,
  "peerwire.config.json": CONFIGS,
};
/** Changes of these make everything new: they come seldom, or nothing would be remembered. */
const SELDOM = new Set(["tsconfig.json", "peerwire.config.json", "node_modules/pkg/index.d.ts", "global.ts"]);

export function editedProject(seed: number): EditedProject {
  const random = seeded(seed);
  const pick = <T>(all: readonly T[]): T => all[random.int(0, all.length - 1)]!;
  const now = new Map(Object.entries(TEXTS).map(([path, texts]) => [path, texts[0]]));
  const files: Record<string, string> = {
    "node_modules/pkg/package.json": '{ "name": "pkg", "types": "index.d.ts" }',
  };
  for (const [path, text] of now) if (text !== undefined) files[path] = text;
  const paths = [...now.keys()];
  const away = (): number => paths.filter((path) => now.get(path) !== TEXTS[path]![0]).length;
  const one = (): Edit => {
    for (;;) {
      const path = pick(paths);
      if (SELDOM.has(path) && random.chance(0.8)) continue;
      // Near to what it begins with: where much is wrong, little is generated.
      const texts = TEXTS[path]!;
      const text = now.get(path) === texts[0] ? pick(texts) : random.chance(0.8) ? texts[0] : pick(texts);
      if (text === now.get(path) || (now.get(path) === texts[0] && away() > 3)) continue;
      now.set(path, text);
      return { path, text };
    }
  };
  return {
    files,
    edit: () => {
      const first = one();
      if (random.chance(0.8)) return [first];
      const second = one();
      return second.path === first.path ? [second] : [first, second];
    },
  };
}
