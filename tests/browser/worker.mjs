// A dedicated worker that serves an echo to the page that started it.
import { accept, serve } from "peerwire";
import { BenchService } from "../../dist/generated/examples/bench/bench.rpc.js";

await accept(self, { roots: [serve(BenchService, { echo: async (bytes) => bytes })] });
