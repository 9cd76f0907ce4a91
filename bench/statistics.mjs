// What all benchmarks do with their figures.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** `--json FILE` and the like. */
export function option(name) {
  const plain = process.argv.indexOf(`--${name}`);
  if (plain >= 0) return process.argv[plain + 1];
  return process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);
}
