/** What the generator makes of bank.ts. */
export * from "./generated/bank.rpc.js";
