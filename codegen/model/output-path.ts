/** Where the code that is emitted for a source goes, relative to the output folder. */

/** `src/bank.ts` gives `src/bank.rpc.ts`, `bank.cts` a module too: `bank.rpc.mts`. What lies outside the base folder is brought inside. */
export function outputOf(source: string): string {
  return source
    .replace(/^(\.\.\/)+/, "")
    .replace(/\.([cm]?)tsx?$/, (_, kind: string) => (kind === "" ? ".rpc.ts" : ".rpc.mts"));
}
