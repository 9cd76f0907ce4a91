// The schemas that the generator emits, in other languages: protoc compiles them for C++, Java, Python and Go, and Python
// and Go read what our emitted codecs write, and write what those read. Run by tests/interop/run.mjs.
import { deepStrictEqual } from "node:assert";
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VALUES } from "../../../bench/codec/values.mjs";
import kinds from "../../../bench/codec/kinds/peerwire.mjs";
import { readValue, writeValue } from "../../../dist/runtime/api/emitted-v1.js";
import { ValueReader } from "../../../dist/runtime/references/value-reader.js";
import { ValueWriter } from "../../../dist/runtime/references/value-writer.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "peerwire-schema-"));
const quiet = { stdio: ["ignore", "ignore", "inherit"] };

const PACKAGES = {
  "bench/codec/v1/codec.proto": join(root, "generated/examples/bench-codec/proto"),
  "files/v1/files.proto": join(root, "generated/examples/files/proto"),
  "acme/shapes/v1/shapes.proto": join(folder, "shapes/generated/proto"),
};
const OWN = ["peerwire/v1/options.proto", "peerwire/v1/types.proto"];
const files = [...Object.keys(PACKAGES), ...OWN];
const includes = [...new Set([join(root, "schema"), ...Object.values(PACKAGES)])].map((path) => `-I${path}`);

/** Values of type `unknown`. */
const UNKNOWN = [
  null,
  -0,
  2n ** 200n,
  -1n,
  "Zoë 😀",
  [1, "two", undefined, [null, true]],
  JSON.parse('{"__proto__": 1, "constructor": {"nested": []}, "": 2}'),
  new Map([[{ x: 1 }, new Set([1n, 2])]]),
  new Date(-1),
  new Uint8Array([0, 255]),
  new Float32Array([1.5, Number.NaN]),
  /a\/b/giu,
];

try {
  generateShapes();
  const compiled = compile();
  const messages = samples();
  const input = messages.map(({ name, bytes }) => `${name} ${Buffer.from(bytes).toString("hex")}\n`).join("");
  for (const [language, command] of Object.entries(compiled)) {
    const printed = execFileSync(command[0], command.slice(1), { input, encoding: "utf8" });
    const lines = printed.trim().split("\n");
    for (const [i, { name, value, decode }] of messages.entries()) {
      try {
        deepStrictEqual(decode(Buffer.from(lines[i], "hex")), value);
      } catch (error) {
        throw new Error(`${name} through ${language}: ${error.message}`, { cause: error });
      }
    }
  }
  console.log(`ok ${files.length} schemas in 4 languages, ${messages.length} messages through 2`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Every shape that the tests of the generator know, as one package. */
function generateShapes() {
  const project = join(folder, "shapes");
  cpSync(join(root, "tests/codegen/fixtures/shapes"), project, { recursive: true });
  const compilerOptions = {
    target: "ESNext",
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    paths: { "peerwire/brands": [join(root, "runtime/api/brands.ts")] },
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["."] }));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "acme", type: "module" }));
  const config = { sources: ["*.ts"], package: "acme.shapes.v1" };
  writeFileSync(join(project, "peerwire.config.json"), JSON.stringify(config));
  execFileSync(process.execPath, [join(root, "dist/codegen/bin.js"), "generate", "--project", project], quiet);
}

/** @returns how to run the program of each language that reads and writes. */
function compile() {
  const into = (name) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  const protoc = (...args) => execFileSync("protoc", [...includes, ...args, ...files], quiet);
  protoc(`--cpp_out=${into("cpp")}`);
  protoc(`--java_out=${into("java")}`);
  protoc(`--python_out=${into("python")}`);
  const go = into("go");
  cpSync(join(here, "go"), go, { recursive: true });
  const plugin = join(folder, "protoc-gen-go");
  const inGo = { cwd: go, ...quiet };
  execFileSync("go", ["build", "-o", plugin, "google.golang.org/protobuf/cmd/protoc-gen-go"], inGo);
  // Each package of the schema in a package of Go; main.go imports them by one name.
  const packages = Object.fromEntries(
    files.map((file) => [file, `peerwire-schema/${file.split("/").slice(0, -1).join("/")}`]),
  );
  const mapped = Object.entries(packages).map(([file, name]) => `--go_opt=M${file}=${name}`);
  protoc(`--plugin=${plugin}`, `--go_out=${go}`, "--go_opt=module=peerwire-schema", ...mapped);
  const imports = [...new Set(Object.values(packages))].map((name) => `import _ "${name}"\n`).join("");
  mkdirSync(join(go, "schema"));
  writeFileSync(join(go, "schema/schema.go"), `package schema\n\n${imports}`);
  execFileSync("go", ["build", "-o", join(folder, "echo"), "."], inGo);
  const modules = files.map((file) => file.replace(/\.proto$/, "_pb2").replaceAll("/", "."));
  // Debian's Python, for which Debian has protobuf.
  return {
    Go: [join(folder, "echo")],
    Python: ["/usr/bin/python3", join(here, "echo.py"), join(folder, "python"), ...modules],
  };
}

function samples() {
  const names = { order: "Order", small: "Small", drawing: "Drawing", samples: "Samples" };
  const codecs = kinds();
  const typed = Object.entries(names).map(([key, name]) => ({
    name: `bench.codec.v1.${name}`,
    value: VALUES[key],
    bytes: codecs[key].encode(VALUES[key]),
    decode: codecs[key].decode,
  }));
  return [...typed, ...UNKNOWN.map(anything)];
}

/** One value of type `unknown`, as peerwire.v1.Value. */
function anything(value) {
  const none = {};
  const writer = new ValueWriter(none);
  writeValue(writer, 10, value, "value");
  const message = writer.finish();
  const lengthBytes = message[1] < 0x80 ? 1 : 2;
  return {
    name: "peerwire.v1.Value",
    value,
    bytes: message.subarray(1 + lengthBytes),
    decode: (bytes) => {
      const length = bytes.length < 0x80 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
      const reader = new ValueReader(Uint8Array.from([10, ...length, ...bytes]), none);
      reader.tag();
      return readValue(reader, "value");
    },
  };
}
