/**
 * Whether emitted code could be compiled where it is put. It is written as ES modules, and imports the runtime, which is
 * one: that needs a compiler that finds "exports" of packages and, in a CommonJS package, one that knows that Node loads
 * ES modules with `require` (20.19, 22.12 and later).
 * Source: docs/decisions/0013-commonjs-by-require.md.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { ts } from "ts-morph";
import type { Config } from "../../config.js";
import type { Diagnostics } from "../../diagnostics.js";
import { readIfThere } from "../write.js";
import { parseJson } from "./json-document.js";

const { ModuleKind, ModuleResolutionKind } = ts;

/** @param folder  where the emitted file lies. */
export function judgeModuleFormat(
  config: Config,
  options: ts.CompilerOptions,
  folder: string,
  problems: Diagnostics,
): void {
  const { tsconfig } = config;
  if (tsconfig === undefined) return;
  const warn = (option: string, message: string, hint: string): void => {
    const shown = relative(config.folder, tsconfig).split(sep).join("/");
    const at = parseJson(readFileSync(tsconfig, "utf8"), shown).locate(["compilerOptions", option], "value");
    problems.warn("PW1606", at, message, hint);
  };
  const { module, moduleResolution } = options;
  // "classic" and "node10", also known as "node".
  if (moduleResolution !== undefined && moduleResolution < ModuleResolutionKind.Node16) {
    warn(
      "moduleResolution",
      'the compiler looks at no "exports" of packages, and will not find peerwire (TS2307)',
      'write "moduleResolution": "bundler", or "module": "nodenext" alone',
    );
    return;
  }
  if (!isCommonJs(module, folder)) return;
  const isOfNode = module !== ModuleKind.CommonJS;
  if (options.verbatimModuleSyntax) {
    warn(
      "verbatimModuleSyntax",
      "in CommonJS, verbatimModuleSyntax allows no import and no export, and emitted code has both (TS1287)",
      isOfNode ? 'write "type": "module" in package.json' : 'write "verbatimModuleSyntax": false, or another "module"',
    );
  } else if (module === ModuleKind.Node16 || module === ModuleKind.Node18) {
    warn(
      "module",
      "this package is CommonJS, and the compiler lets it import no ES module, which peerwire is (TS1479)",
      'write "module": "nodenext" (Node 20.19, 22.12 and later require ES modules), or "type": "module" in package.json',
    );
  }
}

function isCommonJs(module: ts.ModuleKind | undefined, folder: string): boolean {
  if (module === ModuleKind.CommonJS) return true;
  const isOfNode = module !== undefined && module >= ModuleKind.Node16 && module <= ModuleKind.NodeNext;
  return isOfNode && packageType(folder) !== "module";
}

/** "type" of the package that a folder belongs to. */
function packageType(start: string): unknown {
  for (let folder = start; ; folder = dirname(folder)) {
    const text = readIfThere(join(folder, "package.json"));
    if (text !== undefined)
      return (ts.parseConfigFileTextToJson("package.json", text).config as { type?: unknown }).type;
    if (folder === dirname(folder)) return undefined;
  }
}
