/**
 * TypeScript as emitted code will have it, before it is known which file that is. Names of the author's are references
 * still: each file that prints them imports them, and decides what they are called there (emit/file-emitter.ts).
 */

/** TypeScript text with the user's names left open: the file that prints it decides what each is called there. */
export type TypeText = readonly (string | NameRef)[];

export interface NameRef {
  readonly name: string;
  /** Needed at run time: an enum, a class. */
  readonly value?: boolean;
  /** The source file that exports it, relative to the base folder, with `/`. */
  readonly source: string;
}

/** The same for people: each name as the author wrote it. */
export function plainText(type: TypeText): string {
  return type.map((part) => (typeof part === "string" ? part : part.name)).join("");
}

export function text(...parts: (string | NameRef | TypeText)[]): TypeText {
  const all: (string | NameRef)[] = [];
  for (const part of parts) {
    if (typeof part === "string" || "name" in part) all.push(part);
    else all.push(...part);
  }
  return all;
}
