// `npm run -s mux-echo -- ...`: runs the example, built first where that has not been done.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const main = `${root}/dist/examples/mux-echo/main.js`;
if (!existsSync(main) || !existsSync(`${root}/dist/runtime/mux.js`)) {
  for (const script of ["build", "build:examples"]) {
    execFileSync("npm", ["run", "-s", script], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  }
}
await import(main);
