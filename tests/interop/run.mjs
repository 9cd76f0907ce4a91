// `npm run test:interop [-- TEXT]`: peerwire against other yamux, in both roles, over real sockets, and its schemas in other languages.
// Needs Go, npm, protoc and Debian's python3-protobuf: hashicorp/yamux and protoc-gen-go come from the Go module proxy, the
// JavaScript ones from the npm registry. TEXT picks the cases whose name has it.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const TIMEOUT_MS = 90_000;
const KiB = 1024;
const only = process.argv[2] ?? "";
const folder = mkdtempSync(`${tmpdir()}/peerwire-interop-`);
const go = `${folder}/hashicorp-yamux`;
const ours = [process.execPath, `${root}/examples/mux-echo/run.mjs`];

/** A mux-echo server on one side, a mux-echo client on the other: streams and bytes of each. */
const BETWEEN_PROCESSES = [
  [100, 300_000],
  [10_000, 1000],
  [16, 64 * KiB * KiB],
];
const BETWEEN_LIBRARIES = {
  "@libp2p/yamux": [
    [100, 300_000],
    [1000, 1000],
  ],
  "yamux-js": [
    [100, 100_000], // within its window: it polls an empty one
    [1000, 1000],
  ],
};

function cases() {
  const all = [["100,000 streams and 10,000 idle ones, in memory", leak]];
  for (const [streams, bytes] of BETWEEN_PROCESSES) {
    const size = `${streams} x ${bytes} bytes`;
    all.push([`hashicorp/yamux client, peerwire server, ${size}`, () => between(ours, [go], streams, bytes)]);
    all.push([`peerwire client, hashicorp/yamux server, ${size}`, () => between([go], ours, streams, bytes)]);
  }
  for (const [rival, sizes] of Object.entries(BETWEEN_LIBRARIES)) {
    for (const [streams, bytes] of sizes) {
      const size = `${streams} x ${bytes} bytes`;
      all.push([`${rival} client, peerwire server, ${size}`, () => pair("peerwire", rival, streams, bytes)]);
      all.push([`peerwire client, ${rival} server, ${size}`, () => pair(rival, "peerwire", streams, bytes)]);
    }
  }
  all.push(["schemas through protoc for C++, Java, Go and Python, and messages through Go and Python", schemas]);
  return all.filter(([name]) => name.includes(only));
}

async function between(server, client, streams, bytes) {
  const listening = spawn(server[0], [...server.slice(1), "server", "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = await once(listening.stdout, "data");
    return run(client, ["client", String(line).trim().split(" ")[1], String(streams), String(bytes)]);
  } finally {
    listening.kill();
  }
}

function leak() {
  return `ok ${run([process.execPath, "--expose-gc", `${root}/tests/interop/leak.mjs`], [])}`;
}

function schemas() {
  return run([process.execPath, `${root}/tests/interop/schema/run.mjs`], []);
}

function pair(server, client, streams, bytes) {
  return run([process.execPath, `${root}/tests/interop/pair.mjs`], [server, client, String(streams), String(bytes)]);
}

function run([command, ...first], rest) {
  return execFileSync(command, [...first, ...rest], {
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function prepare() {
  const inherit = { stdio: ["ignore", "ignore", "inherit"] };
  const built = ["examples/mux-echo/main.js", "generated/examples/bench-codec/shapes.rpc.js"];
  if (!built.every((path) => existsSync(`${root}/dist/${path}`))) {
    for (const script of ["build", "build:examples"])
      execFileSync("npm", ["run", "-s", script], { cwd: root, ...inherit });
  }
  if (!existsSync(`${root}/bench/mux/rivals/node_modules`)) {
    execFileSync("npm", ["ci", "--no-fund", "--no-audit", "--prefix", `${root}/bench/mux/rivals`], inherit);
  }
  execFileSync("go", ["build", "-o", go, "."], { cwd: `${root}/tests/interop/go`, ...inherit });
}

let failures = 0;
try {
  prepare();
  for (const [name, check] of cases()) {
    const start = performance.now();
    try {
      const printed = await check();
      if (!printed.startsWith("ok ")) throw new Error(`printed ${JSON.stringify(printed)}`);
      console.log(`ok    ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
      if (printed.includes(":")) console.log(printed.replace(/^ok /, "").trim().replace(/^/gm, "      "));
    } catch (error) {
      failures++;
      console.log(`FAIL  ${name}: ${String(error.stderr || error.message).trim()}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failures === 0 ? 0 : 1);
