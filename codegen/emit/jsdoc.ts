/** The author's documentation, as a comment of emitted code. */

/** A JSDoc block: one line where it fits, otherwise a starred one. Nothing for nothing. */
export function jsdocBlock(text: string | undefined): string[] {
  if (text === undefined) return [];
  const safe = text.replaceAll("*/", "*\\/");
  const lines = safe.split("\n");
  if (lines.length === 1 && safe.length < 110) return [`/** ${safe} */`];
  return ["/**", ...lines.map((line) => (line === "" ? " *" : ` * ${line}`)), " */"];
}

/** `// ` lines for a .proto, wrapped at `width`. */
export function lineComment(text: string | undefined, width = 100): string[] {
  if (text === undefined) return [];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + word.length + 1 > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((one) => `// ${one}`);
}
