// `npm run test:bundle`: what a client costs a browser: bundled by esbuild, minified, compressed. Prints what each floor
// holds of the smallest app, and what each feature adds to it; fails where an app has grown past its limit. From the
// sources: needs no build.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));

/** An app that connects, asks for one root and uses it. @param emitted  path beneath generated/examples. */
const client = (emitted, service, use) => `
  import { connect } from "peerwire/websocket";
  import { ${service} } from "./generated/examples/${emitted}.rpc.js";
  const root = await (await connect("wss://example.org/rpc")).root(${service});
  ${use}`;

/** Limits are what is reached, in bytes gzip, so that growth is seen. The aim of the first is 15,000: docs/bundle.md. */
const APPS = [
  {
    name: "one interface, one method",
    limit: 40_720,
    code: client("bench-bundle/clock", "ClockService", `console.log(await root.now("Europe/Rome"));`),
  },
  {
    name: "+ references, chained",
    limit: 45_400,
    code: client("bench-bundle/drawer", "DrawerService", `console.log(await root.open("a").open("b").label());`),
  },
  {
    name: "+ streams",
    limit: 46_000,
    code: client("bench-bundle/ticker", "TickerService", `for await (const tick of root.ticks()) console.log(tick);`),
  },
  {
    name: "+ dates, URLs, typed arrays, rules",
    limit: 42_700,
    code: client("bench-bundle/calendar", "CalendarService", `console.log(await root.next());`),
  },
  {
    name: "+ a callback",
    limit: 53_600,
    code: client("bench-bundle/alarm", "AlarmService", `await root.set(7, (message) => console.log(message));`),
  },
  {
    name: "+ values of any type",
    limit: 56_700,
    code: client("bench-bundle/note", "NoteService", `console.log(await root.read("a"));`),
  },
  {
    name: "+ lists, mapped over",
    limit: 52_600,
    code: client("bench-bundle/rack", "RackService", `console.log(await root.devices().map((one) => one.label()));`),
  },
  {
    name: "examples/files: most of it",
    limit: 57_800,
    code: client("files/volume", "FolderService", `console.log(await root.path());`),
  },
];

/** The smallest app from the ground up: what each storey costs that it stands on. */
const DIAL = `import { dialWebSocket } from "peerwire/websocket"; const carrier = await dialWebSocket("wss://example.org/rpc");`;
const MUX = `${DIAL} import { SessionCore } from "./runtime/streams/session-core.ts";
  const mux = new SessionCore(carrier, { role: "client" });`;
const MESSAGES = `${MUX} import { MessageSession } from "./runtime/messages/message-session.ts";
  const messages = new MessageSession({ open: () => mux.open() });`;
const REFERENCES = `${MESSAGES} import { ReferenceSession } from "./runtime/references/reference-session.ts";
  console.log(new ReferenceSession({ messages }));`;
const STOREYS = [
  { name: "a WebSocket as a carrier", code: `${DIAL} console.log(carrier);` },
  { name: "streams and frames", code: `${MUX} console.log(mux);` },
  { name: "instructions, payloads, protobuf", code: `${MESSAGES} console.log(messages);` },
  { name: "calls and references", code: REFERENCES },
  { name: "handshake, versions, Peer", code: `import { connect } from "peerwire/websocket"; console.log(connect);` },
  { name: "generated code, and the app", code: APPS[0].code },
];

const sizes = [];
for (const app of APPS) sizes.push({ ...app, ...(await measure(app.code)) });

const [smallest] = sizes;
console.log(`bytes minified, of "${smallest.name}":`);
for (const [floor, bytes] of [...smallest.floors].sort(([, a], [, b]) => b - a))
  console.log(`${String(bytes).padStart(8)}  ${floor}`);
console.log("\nbytes gzip, from the ground up:");
let beneath = 0;
for (const { name, code } of STOREYS) {
  const { gzip } = await measure(code);
  console.log(`${String(gzip - beneath).padStart(8)}  ${name}`);
  beneath = gzip;
}
console.log("\nminified    gzip  more than the first  brotli   limit");
for (const { name, minified, gzip, brotli, limit } of sizes) {
  const columns = [
    String(minified).padStart(8),
    String(gzip).padStart(7),
    `+${gzip - smallest.gzip}`.padStart(20),
    String(brotli).padStart(7),
    String(limit).padStart(7),
  ];
  console.log(`${columns.join(" ")}  ${name}`);
}

const foreign = sizes.flatMap(({ floors }) => [...floors.keys()]).filter((floor) => !isOurs(floor));
if (foreign.length > 0) throw new Error(`a browser loads ${foreign.join(", ")}`);
const grown = sizes.filter(({ gzip, limit }) => gzip > limit);
if (grown.length > 0) {
  const list = grown.map(({ name, gzip, limit }) => `"${name}" to ${gzip} bytes, and its limit is ${limit}`);
  throw new Error(`bundles have grown: ${list.join("; ")}`);
}

function isOurs(floor) {
  return /^(runtime|generated|examples|bench)\/|^<stdin>/.test(floor);
}

async function measure(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser", // an import of node: would fail here
    metafile: true,
    write: false,
    absWorkingDir: root,
    alias: {
      "peerwire/emitted-v1": "./runtime/api/emitted-v1.ts",
      "peerwire/websocket": "./runtime/websocket.ts",
      "peerwire": "./runtime/index.ts",
    },
  });
  const code = outputFiles[0].contents;
  const floors = new Map();
  for (const [file, { bytesInOutput }] of Object.entries(Object.values(metafile.outputs)[0].inputs)) {
    if (bytesInOutput === 0) continue;
    const floor = file.split("/").slice(0, 2).join("/");
    floors.set(floor, (floors.get(floor) ?? 0) + bytesInOutput);
  }
  return {
    floors,
    minified: code.length,
    gzip: gzipSync(code, { level: constants.Z_BEST_COMPRESSION }).length,
    brotli: brotliCompressSync(code).length,
  };
}
