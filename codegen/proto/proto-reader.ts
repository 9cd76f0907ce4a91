/**
 * Reads the numbers back from a committed .proto: the lock file of the schema. Understands what proto-emitter.ts writes,
 * and what a merge or a careful hand makes of it; options other than ours are passed over.
 */

export interface LockedField {
  readonly number: number;
  readonly type: string;
  readonly label: "repeated" | "optional" | "";
  /** One of a oneof. */
  readonly isCase: boolean;
  readonly line: number;
}

export interface LockedNames<T> {
  readonly entries: Map<string, T>;
  readonly reservedNumbers: Set<number>;
  readonly reservedNames: Set<string>;
}

/** Of what the schema does not know. */
export const NOTHING_LOCKED: LockedNames<never> = {
  entries: new Map<string, never>(),
  reservedNumbers: new Set(),
  reservedNames: new Set(),
};

export interface LockedMethod {
  readonly number: number;
  /** Of an rpc: whether it returns a stream. */
  readonly streams?: boolean;
  /** Of an rpc: "get", "set" or "construct"; "call" where the schema says nothing. */
  readonly kind?: string;
  readonly line: number;
}

export interface Lock {
  readonly messages: Map<string, LockedNames<LockedField>>;
  readonly enums: Map<string, LockedNames<LockedMethod>>;
  readonly services: Map<string, LockedNames<LockedMethod>>;
}

/** The file is not a .proto that this reader understands. */
export class ProtoSyntaxError extends Error {
  override readonly name = "ProtoSyntaxError";
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

interface Token {
  readonly text: string;
  readonly line: number;
}

/** @param firstLine  where the source begins in its file. */
export function readProto(source: string, firstLine = 1): Lock {
  return new ProtoParser(tokenize(source, firstLine)).file();
}

function tokenize(source: string, firstLine: number): Token[] {
  const tokens: Token[] = [];
  const pattern =
    /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|-?[A-Za-z0-9_.]+|[{}()[\]<>=;,:]|[\s\S]/g;
  let line = firstLine;
  for (const [text] of source.matchAll(pattern)) {
    if (!/^(\s|\/\/|\/\*)/.test(text)) tokens.push({ text, line });
    line += text.split("\n").length - 1;
  }
  return tokens;
}

function names<T>(): LockedNames<T> {
  return { entries: new Map(), reservedNumbers: new Set(), reservedNames: new Set() };
}

class ProtoParser {
  readonly #tokens: readonly Token[];
  #at = 0;
  readonly #lock: Lock = { messages: new Map(), enums: new Map(), services: new Map() };

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  file(): Lock {
    while (this.#at < this.#tokens.length) {
      const { text } = this.#next();
      if (text === "message") this.#message();
      else if (text === "enum") this.#enum();
      else if (text === "service") this.#service();
      else if (["syntax", "edition", "package", "import", "option"].includes(text)) this.#skipStatement();
      else if (text !== ";") throw this.#unexpected(text);
    }
    return this.#lock;
  }

  #message(): void {
    const { text: name } = this.#next();
    const message = names<LockedField>();
    this.#lock.messages.set(name, message);
    this.#block(() => {
      this.#messageStatement(message);
    });
  }

  #messageStatement(message: LockedNames<LockedField>, isCase = false): void {
    const { text, line } = this.#next();
    if (text === ";") return;
    if (text === "reserved") {
      this.#reserved(message);
    } else if (text === "option") {
      this.#skipStatement();
    } else if (text === "oneof") {
      this.#next();
      this.#block(() => {
        this.#messageStatement(message, true);
      });
    } else {
      const label = text === "repeated" || text === "optional" ? text : "";
      let type = label === "" ? text : this.#next().text;
      if (type === "map") {
        this.#expect("<");
        const key = this.#next().text;
        this.#expect(",");
        type = `map<${key}, ${this.#next().text}>`;
        this.#expect(">");
      }
      const { text: field } = this.#next();
      this.#expect("=");
      const number = this.#number();
      this.#skipStatement();
      if (message.entries.has(field)) throw new ProtoSyntaxError(line, `${field} is there twice`);
      message.entries.set(field, { number, type: type.replace(/^\./, ""), label, isCase, line });
    }
  }

  #enum(): void {
    const { text: name } = this.#next();
    const values = names<LockedMethod>();
    this.#lock.enums.set(name, values);
    this.#block(() => {
      const { text, line } = this.#next();
      if (text === ";") return;
      if (text === "reserved") {
        this.#reserved(values);
      } else if (text === "option") {
        this.#skipStatement();
      } else {
        this.#expect("=");
        values.entries.set(text, { number: this.#number(), line });
        this.#skipStatement();
      }
    });
  }

  #service(): void {
    const { text: name } = this.#next();
    const service = names<LockedMethod>();
    this.#lock.services.set(name, service);
    this.#block(() => {
      const { text } = this.#next();
      if (text === "option") {
        const option = this.#statement();
        const value = option.at(-1)!.text;
        if (option.some((one) => one.text === "peerwire.v1.reserved_member"))
          service.reservedNumbers.add(Number(value));
        if (option.some((one) => one.text === "peerwire.v1.reserved_member_name"))
          service.reservedNames.add(unquote(value));
      } else if (text === "rpc") {
        this.#rpc(service);
      } else if (text !== ";") {
        throw this.#unexpected(text);
      }
    });
  }

  #rpc(service: LockedNames<LockedMethod>): void {
    const { text: name, line } = this.#next();
    let streams = false;
    while (this.#peek() !== "{" && this.#peek() !== ";") streams = this.#next().text === "stream" || streams;
    let number = 0;
    let kind = "call";
    if (this.#peek() === ";") {
      this.#next();
    } else {
      this.#block(() => {
        const statement = this.#statement();
        const value = statement.at(-1)!.text;
        if (statement.some((one) => one.text === "peerwire.v1.member")) number = Number(value);
        if (statement.some((one) => one.text === "peerwire.v1.member_kind")) kind = unquote(value);
      });
    }
    if (number > 0) service.entries.set(name, { number, line, streams, kind });
  }

  #reserved(into: LockedNames<unknown>): void {
    const tokens = this.#statement();
    for (let i = 0; i < tokens.length; i++) {
      const { text } = tokens[i]!;
      if (text === ",") continue;
      if (/^["']/.test(text)) {
        into.reservedNames.add(unquote(text));
      } else if (tokens[i + 1]?.text === "to") {
        const last = tokens[i + 2]!.text === "max" ? Number(text) : Number(tokens[i + 2]!.text);
        for (let number = Number(text); number <= last; number++) into.reservedNumbers.add(number);
        i += 2;
      } else if (/^-?\d+$/.test(text)) {
        into.reservedNumbers.add(Number(text));
      } else {
        into.reservedNames.add(text);
      }
    }
  }

  #block(statement: () => void): void {
    this.#expect("{");
    while (this.#peek() !== "}") statement();
    this.#next();
  }

  /** The tokens up to the semicolon, which is taken too. */
  #statement(): Token[] {
    const tokens: Token[] = [];
    for (let depth = 0; ;) {
      const token = this.#next();
      if (token.text === ";" && depth === 0) return tokens;
      if (token.text === "{") depth++;
      if (token.text === "}") depth--;
      if (depth < 0) throw this.#unexpected("}");
      tokens.push(token);
    }
  }

  #skipStatement(): void {
    this.#statement();
  }

  #number(): number {
    const { text, line } = this.#next();
    if (!/^-?\d+$/.test(text)) throw new ProtoSyntaxError(line, `expected a number, found ${text}`);
    return Number(text);
  }

  #expect(text: string): void {
    const token = this.#next();
    if (token.text !== text) throw new ProtoSyntaxError(token.line, `expected ${text}, found ${token.text}`);
  }

  #peek(): string {
    return this.#tokens[this.#at]?.text ?? this.#next().text;
  }

  #next(): Token {
    const token = this.#tokens[this.#at++];
    if (!token) throw new ProtoSyntaxError(this.#tokens.at(-1)?.line ?? 1, "the file ends too early");
    return token;
  }

  #unexpected(text: string): ProtoSyntaxError {
    return new ProtoSyntaxError(
      this.#tokens[this.#at - 1]!.line,
      `${text} is not expected here; was the file merged by hand?`,
    );
  }
}

function unquote(text: string): string {
  return text.slice(1, -1);
}
