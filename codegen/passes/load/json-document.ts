/** JSON with comments and trailing commas, by TypeScript's own parser, which remembers where everything stands. */
import { ts } from "ts-morph";
import { ConfigError, type JsonDocument } from "../../config.js";
import { Diagnostics } from "../../diagnostics.js";
import type { Location } from "../../model/api-model.js";

/** @throws {ConfigError} with everything that the parser minds. */
export function parseJson(text: string, shownPath: string): JsonDocument {
  const file = ts.parseJsonText(shownPath, text);
  const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly ts.DiagnosticWithLocation[] };
  const at = (start: number, length: number): Location => {
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    return { file: shownPath, line: line + 1, column: character + 1, length };
  };
  const problems = new Diagnostics();
  const errors: ts.Diagnostic[] = [...parseDiagnostics];
  const value: unknown = ts.convertToObject(file, errors);
  for (const { start = 0, length = 1, messageText } of errors) {
    const message = ts.flattenDiagnosticMessageText(messageText, " ").replace(/\.$/, "");
    problems.error("PW1601", at(start, length), message, "write JSON; comments and trailing commas are fine");
  }
  if (errors.length > 0) throw new ConfigError(`${shownPath} is not JSON`, problems.all());
  return {
    value,
    locate: (path, part) => {
      const node = nodeAt(file.statements[0]?.expression, path, part);
      return node ? at(node.getStart(file), node.end - node.getStart(file)) : at(0, 1);
    },
  };
}

function nodeAt(root: ts.Expression | undefined, path: readonly string[], part: "key" | "value"): ts.Node | undefined {
  let node: ts.Node | undefined = root;
  for (const [i, key] of path.entries()) {
    if (!node || !ts.isObjectLiteralExpression(node)) return node;
    const property: ts.PropertyAssignment | undefined = node.properties.find(
      (one): one is ts.PropertyAssignment =>
        ts.isPropertyAssignment(one) && ts.isStringLiteral(one.name) && one.name.text === key,
    );
    if (!property) return node;
    node = part === "key" && i === path.length - 1 ? property.name : property.initializer;
  }
  return node;
}
