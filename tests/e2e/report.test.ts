import { describe, expect, it } from "@jest/globals";
import { Report } from "../../examples/files/report.js";

function reportTo(terminal: { isTTY?: boolean; hasColors?: () => boolean } = {}): {
  report: Report;
  text: () => string;
} {
  let text = "";
  return { report: new Report({ ...terminal, write: (part) => (text += part) }), text: () => text };
}

describe("Report", () => {
  it("stays true while facts hold", () => {
    const { report, text } = reportTo();
    report.title("Sums");
    report.line("made here");
    report.check("1 + 1 is 2", 1 + 1, 2);
    expect(report.isTrue).toBe(true);
    expect(text()).toBe("\nSums\n  made here\n  ✓ 1 + 1 is 2\n");
  });

  it("shows what was expected instead of a fact that does not hold, and is not true any more", () => {
    const { report, text } = reportTo();
    report.check("the name is right", "b", "a");
    report.check("it is so", true);
    expect(report.isTrue).toBe(false);
    expect(text()).toBe('  ✗ the name is right: expected "a", got "b"\n  ✓ it is so\n');
  });

  it("uses colours only on a terminal that has them", () => {
    const coloured = reportTo({ isTTY: true, hasColors: () => true });
    coloured.report.title("x");
    expect(coloured.text()).toContain("\x1b[1m");
    for (const plain of [{ isTTY: true, hasColors: () => false }, { isTTY: false }]) {
      const { report, text } = reportTo(plain);
      report.title("x");
      expect(text()).toBe("\nx\n");
    }
  });
});
