/**
 * TypeScript names as protobuf wants them: `onEvent` is the rpc `OnEvent`, `dueDate` the field `due_date`, `"in-use"` the
 * enum value `IN_USE`. The author's name is always recoverable: from the rule, or from `json_name` where it differs.
 */

/** The words of a name: `parseHTTPUrl2` has parse, HTTP, Url2. Characters that protobuf lacks are spelled by number. */
function words(name: string): string[] {
  const ascii = name.replace(/[^ -~]/gu, (char) => `_u${char.codePointAt(0)!.toString(16)}_`);
  return ascii
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
}

/** `-1` is minus 1, `+1` plus 1: without its sign each would be the other. */
export function spellSign(name: string): string {
  return name.replace(/^-(?=[0-9])/, "minus ").replace(/^\+(?=[0-9])/, "plus ");
}

/** What consists of nothing that protobuf may call something: `">="` is GREATER EQUALS. */
function spellPunctuation(name: string): string {
  return /^[!-/:-@[-`{-~ ]+$/.test(name) ? Array.from(name, (char) => PUNCTUATION[char] ?? "").join(" ") : name;
}

const PUNCTUATION: Readonly<Record<string, string>> = {
  " ": "space",
  "!": "exclamation",
  '"': "quote",
  "#": "hash",
  "$": "dollar",
  "%": "percent",
  "&": "and",
  "'": "apostrophe",
  "(": "open",
  ")": "close",
  "*": "star",
  "+": "plus",
  ",": "comma",
  "-": "minus",
  ".": "dot",
  "/": "slash",
  ":": "colon",
  ";": "semicolon",
  "<": "less",
  "=": "equals",
  ">": "greater",
  "?": "question",
  "@": "at",
  "[": "open bracket",
  "\\": "backslash",
  "]": "close bracket",
  "^": "caret",
  "_": "underscore",
  "`": "backtick",
  "{": "open brace",
  "|": "or",
  "}": "close brace",
  "~": "tilde",
};

/** `due_date`. Never empty, and never begins with a digit. */
export function fieldName(name: string): string {
  if (/^[a-z][a-z0-9]*$/.test(name)) return name;
  const joined = words(spellSign(spellPunctuation(name)))
    .join("_")
    .toLowerCase();
  return joined === "" ? "field" : /^[0-9]/.test(joined) ? `field_${joined}` : joined;
}

/** `DueDate`, for messages, services and rpcs. */
export function typeName(name: string): string {
  // Its words begin with capitals already: nearly every name is such a one.
  if (/^[A-Za-z][A-Za-z0-9]*$/.test(name)) return name[0]!.toUpperCase() + name.slice(1);
  const joined = words(name)
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join("");
  return joined === "" ? "Unnamed" : /^[0-9]/.test(joined) ? `N${joined}` : joined;
}

/** `setDueDate`: what a stub has beside a property that can be written. */
export function setterName(name: string): string {
  return `set${typeName(name)}`;
}

/** `DUE_DATE`, to stand behind the enum's own prefix. */
export function enumValueName(name: string): string {
  const joined = words(spellSign(spellPunctuation(name)))
    .join("_")
    .toUpperCase();
  return joined === "" ? "EMPTY" : joined;
}

/** What every value of the enum begins with: `LOGIN_KIND_`. */
export function enumPrefix(name: string): string {
  return `${enumWords(name)}_`;
}

// As buf derives it: an underscore before each capital that follows a small letter, or that one follows.
function enumWords(name: string): string {
  const spaced = name.replace(/(?<=[a-z])[A-Z]|(?<=.)[A-Z](?=[a-z])/g, "_$&");
  return spaced.toUpperCase();
}

/** The JSON name that protobuf derives by itself from a field's name. */
export function derivedJsonName(protoName: string): string {
  return protoName.replace(/_+([a-zA-Z0-9]?)/g, (_, char: string) => char.toUpperCase());
}
