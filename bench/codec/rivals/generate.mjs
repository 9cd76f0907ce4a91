// Makes the rivals' code from the schema that peerwire emitted: protobufjs static, ts-proto and protobuf-es.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../../..");
const out = join(here, "generated");
const schema = "bench/codec/v1/codec.proto";
const folders = [join(root, "generated/examples/bench-codec/proto"), join(root, "schema")];
const local = (name) => join(here, "node_modules", name);

export function generateRivals() {
  rmSync(out, { recursive: true, force: true });
  for (const name of ["protobufjs", "ts-proto", "es"]) mkdirSync(join(out, name), { recursive: true });
  const paths = folders.flatMap((folder) => ["-p", folder]);
  const flags = [
    "-t",
    "static-module",
    "-w",
    "commonjs",
    "--no-service",
    "--no-verify",
    "--no-delimited",
    "--no-typeurl",
  ];
  const made = run(local("protobufjs-cli/bin/pbjs"), [...paths, ...flags, schema]);
  writeFileSync(join(out, "protobufjs/codec.cjs"), made);
  const template = {
    version: "v2",
    plugins: [
      {
        local: ["node", local("ts-proto/protoc-gen-ts_proto")],
        out: join(out, "ts-proto"),
        opt: ["esModuleInterop=true", "outputServices=none", "oneof=unions-value", "outputJsonMethods=false"],
      },
      {
        local: ["node", join(root, "node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es")],
        out: join(out, "es"),
        opt: ["target=js", "import_extension=js"],
        include_imports: true,
      },
    ],
  };
  const buf = join(root, "node_modules/@bufbuild/buf/bin/buf");
  const args = ["generate", "--template", JSON.stringify(template), "--path", join(folders[0], schema)];
  run(process.execPath, [buf, ...args]);
  const typescript = readFileSync(join(out, "ts-proto", schema.replace(".proto", ".ts")), "utf8");
  const { code } = transformSync(typescript, { loader: "ts", format: "esm" });
  writeFileSync(join(out, "ts-proto", schema.replace(".proto", ".mjs")), code);
}

function run(command, args) {
  return execFileSync(command, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}
