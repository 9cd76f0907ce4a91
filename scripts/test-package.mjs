// The package as a stranger meets it: packs it, then does in an empty folder what README.md says, word for word, and
// compares what the programs print. Needs the npm registry.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const section = readme.slice(readme.indexOf("## Your first call"), readme.indexOf("## See it on real input"));
const files = [...section.matchAll(/\*\*`([^`]+)`\*\*[^\n]*\n\n```\w+\n([\s\S]*?)```/g)].map(([, name, text]) => ({
  name,
  text,
}));
const [install, generate, run] = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) =>
  text.trim().split("\n"),
);
const expected = /prints\n\n```\n([\s\S]*?)```/.exec(section)?.[1];
if (files.length !== 4 || run === undefined || expected === undefined)
  throw new Error("README.md has lost its first call");

const folder = mkdtempSync(join(tmpdir(), "peerwire-package-"));
const children = [];
try {
  const tarball = sh("npm pack --silent --pack-destination " + JSON.stringify(folder), root)
    .trim()
    .split("\n")
    .pop();
  for (const command of install) sh(command.replace("npm install peerwire", `npm install ./${tarball}`), folder);
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  for (const command of generate) process.stdout.write(sh(command, folder));

  const [compile, ...programs] = run;
  sh(compile, folder);
  let printed = "";
  for (const program of programs) printed += await start(program);
  if (printed !== expected) throw new Error(`the programs printed\n${printed}\nand README.md says\n${expected}`);

  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const entries = Object.keys(exports).filter((name) => name !== "./package.json" && name !== "./opentelemetry");
  const required = entries.map((name) => `require("peerwire${name.slice(1)}");`).join(" ");
  sh(`node --input-type=commonjs --eval '${required}'`, folder);

  refused("const bad = greeter.hello(42);", "TS2345");
  refused("const bad: Promise<string> = greeter.rocket('x').name();", "TS2339");
  console.log("packed, installed, generated, compiled, called: as README.md says");
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}

function sh(command, cwd) {
  return execFileSync("sh", ["-c", command], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

/** Runs `node FILE`, to its end; or with a trailing `&` until its first line, leaving it to run. @returns what it printed. */
async function start(program) {
  const background = program.endsWith("&");
  const [, ...args] = program.replace("&", "").trim().split(" ");
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  if (background) await once(child.stdout, "data");
  else {
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`${program} ended with ${code}`);
  }
  return output;
}

/** A line that must not compile. */
function refused(line, code) {
  const client = files.find(({ name }) => name === "client.ts").text;
  writeFileSync(join(folder, "client.ts"), client.replace("await peer.close();", `${line}\nvoid bad;`));
  try {
    execFileSync("npx", ["tsc", "--noEmit"], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  } catch (error) {
    if (String(error.stdout).includes(code)) return;
    throw new Error(`${line} was refused, but not with ${code}:\n${error.stdout}`, { cause: error });
  }
  throw new Error(`${line} compiled`);
}
