/** What the generator makes of bank.ts. */
export * from "../../../generated/samples/bank/bank.rpc.js";
