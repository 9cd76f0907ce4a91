#!/usr/bin/env node
/** The command: hands the arguments to cli.ts, and its answer to the shell. */
import { run } from "./cli.js";

const ended = new AbortController();
const watches = process.argv.includes("--watch");
if (watches) for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());

process.exitCode = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  color: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
  signal: ended.signal,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
