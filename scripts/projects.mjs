// The projects of this repository that have generated code: every committed folder with a peerwire.config.json.
import { execFileSync, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Their folders, from the root. */
export const projects = execFileSync("git", ["ls-files", "*peerwire.config.json"], { cwd: root, encoding: "utf8" })
  .trim()
  .split("\n")
  .map((file) => dirname(file))
  .filter((folder) => !folder.startsWith("tests/codegen/") && !folder.startsWith("tests/published"));

/** Runs the generator, as built, for one of them. @returns whether it succeeded; it says itself what is wrong. */
export function generate(project, ...options) {
  const args = [join(root, "dist/codegen/bin.js"), "generate", ...options, "--project", join(root, project)];
  return spawnSync(process.execPath, args, { stdio: "inherit" }).status === 0;
}
