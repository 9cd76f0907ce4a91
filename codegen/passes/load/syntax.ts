/**
 * Files that do not parse. The compiler makes what it can of them, and a member that it lost would be taken for one that
 * the author removed: its number would be given up.
 */
import type { ts } from "ts-morph";
import type { Diagnostics } from "../../diagnostics.js";
import { locationOfSpan } from "../introspect/nodes.js";
import { type LoadedProject, isEmitted } from "../load.js";

export function judgeSyntax(project: LoadedProject, problems: Diagnostics): void {
  for (const file of project.ownFiles) {
    const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly ts.DiagnosticWithLocation[] };
    const [first] = parseDiagnostics;
    if (first === undefined || isEmitted(file.fileName)) continue;
    const message = typeof first.messageText === "string" ? first.messageText : first.messageText.messageText;
    problems.error(
      "PW1101",
      locationOfSpan(file, first.start, first.length, project),
      message.replace(/\.$/, ""),
      "the file does not parse, so that members could get lost; mend it first",
    );
  }
}
