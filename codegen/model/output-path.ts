/** Where the code that is emitted for a source goes, relative to the output folder. */

/** `src/bank.ts` gives `src/bank.rpc.ts`, `bank.cts` a module too: `bank.rpc.mts`. What lies outside the base folder is brought inside. */
export function outputOf(source: string): string {
  return source
    .replace(/^(\.\.\/)+/, "")
    .replace(/\.([cm]?)tsx?$/, (_, kind: string) => (kind === "" ? ".rpc.ts" : ".rpc.mts"));
}

/** What the files of a whole package are called: of `acme.bank_api.v1` `bank_api`. */
export function fileNameOf(packageName: string): string {
  const parts = packageName.split(".");
  return parts.findLast((part) => !/^v\d+/.test(part)) ?? parts.at(-1)!;
}
