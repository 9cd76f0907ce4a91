// A bar chart as SVG, readable on light and dark pages.

const ROW = 22;
const LABELS = 170;
const WIDTH = 720;

/** @param rows pairs of name and value, in the order in which they stand. */
export function bars(title, unit, rows) {
  const most = Math.max(...rows.map(([, value]) => value));
  const height = rows.length * ROW + 34;
  const bar = ([name, value], at) => {
    const y = 30 + at * ROW;
    const width = Math.max(1, (value / most) * (WIDTH - LABELS - 90));
    const color = name === "peerwire" ? "#2f81f7" : name === "raw" ? "#8b949e" : "#b6bec8";
    return `  <text class="t" x="${LABELS - 8}" y="${y + 13}" text-anchor="end">${escape(name)}</text>
  <rect x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 6}" rx="2" fill="${color}"/>
  <text class="t" x="${(LABELS + width + 6).toFixed(1)}" y="${y + 13}">${Math.round(value).toLocaleString("en")}</text>`;
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}, ${unit}">
  <style>.t { font: 12px system-ui, sans-serif; fill: #57606a } @media (prefers-color-scheme: dark) { .t { fill: #c9d1d9 } }</style>
  <text class="t" x="8" y="16" font-weight="600">${escape(title)}, ${unit}</text>
${rows.map(bar).join("\n")}
</svg>
`;
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
