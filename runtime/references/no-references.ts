/** The scope of a message that names nothing, or nothing that anyone here could use (incoming-scope.ts has the others). */
import type { MessageScope } from "./reference-context.js";

const NONE: readonly never[] = [];

function nothing(): void {
  // There is nothing to give back, to pass on or to end.
}

/** @throws what a result fails with that names what no generated code here expects: the peer's interface is newer. */
function refuse(what: string): () => never {
  return () => {
    throw new Error(`${what}, and this program's generated code expects none; generate it again`);
  };
}

export const NO_REFERENCES: MessageScope = {
  object: refuse("a reference"),
  stream: refuse("a stream"),
  homes: () => NONE,
  endStreamsWith: nothing,
  finish: nothing,
  discard: nothing,
  passStreamsOn: nothing,
  letGo: nothing,
};
