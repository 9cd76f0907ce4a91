// Rebuilds generated/ in a temporary folder and names each file that differs: nobody may edit or forget it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generate, projects } from "./projects.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const fresh = mkdtempSync(join(tmpdir(), "peerwire-generated-"));
const stale = [];

try {
  // -o puts each plugin's output beneath `fresh`, in the folders that buf.gen.yaml names.
  execFileSync(process.execPath, [join(root, "node_modules/@bufbuild/buf/bin/buf"), "generate", "-o", fresh], {
    cwd: root,
    stdio: "inherit",
  });
  compare("generated/wire");
} finally {
  rmSync(fresh, { recursive: true, force: true });
}

const projectsAreFresh = projects.map((project) => generate(project, "--check")).every(Boolean);
for (const file of stale) console.error(`${file} is not what its source generates`);
if (stale.length > 0 || !projectsAreFresh) {
  console.error("run `npm run generate` and commit the result");
  process.exit(1);
}

function compare(folder) {
  const names = new Set([...list(join(root, folder)), ...list(join(fresh, folder))]);
  for (const name of [...names].sort()) {
    if (read(join(root, folder, name)) !== read(join(fresh, folder, name))) stale.push(join(folder, name));
  }
}

function list(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
