// `npm run bench [-- NAME] [--smoke] [--json FILE]`: runs the benchmarks of bench/NAME, or all of them.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const all = readdirSync(here).filter((name) => existsSync(`${here}/${name}/run.mjs`));
const [first, ...rest] = process.argv.slice(2);
const named = first !== undefined && !first.startsWith("--");
if (named && !all.includes(first)) {
  console.error(`there is no benchmark "${first}"; there are ${all.join(", ")}`);
  process.exit(2);
}
for (const name of named ? [first] : all) {
  console.log(`\n${name}`);
  const args = [`${here}/${name}/run.mjs`, ...(named ? rest : process.argv.slice(2))];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
