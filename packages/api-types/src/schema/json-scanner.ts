import { strictPath } from './typed-walk.ts';

/** Kubernetes stops reporting there too. */
const maxDuplicates = 100;
/** Far more than any Kubernetes object has; keeps a hostile body from exhausting the stack. */
const maxDepth = 1000;

const escapes = new Set(['"', '\\', '/', 'b', 'f', 'n', 'r', 't']);
const literals: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };

/** A syntax error in the words of Go's JSON scanner, without which clients would see a text of the JavaScript engine. */
export class JsonSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JsonSyntaxError';
  }
}

/**
 * Reads JSON text once, slowly, for what `JSON.parse` does not tell: where keys occur twice, and Go's message for a
 * syntax error. Run only after a quick check found that there is something to tell.
 */
export class JsonScanner {
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  readonly #duplicates = new Set<string>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /**
   * The paths of keys that occur more than once in their object, each once, in order.
   * @throws JsonSyntaxError
   */
  findDuplicates(): string[] {
    this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected('after top-level value');
    return [...this.#duplicates];
  }

  #value(): void {
    this.#skipSpace();
    const char = this.#text[this.#at];
    if (this.#path.length > maxDepth) throw new JsonSyntaxError('exceeded max depth');
    if (char === '{') this.#object();
    else if (char === '[') this.#array();
    else if (char === '"') this.#string();
    else if (char === '-' || isDigit(char)) this.#number();
    else if (char !== undefined && char in literals) this.#literal(literals[char] ?? '');
    else throw this.#unexpected('looking for beginning of value');
  }

  #object(): void {
    const keys = new Set<string>();
    this.#at += 1;
    this.#skipSpace();
    if (this.#take('}')) return;
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') throw this.#unexpected('looking for beginning of object key string');
      const key = this.#string();
      this.#path.push(key);
      if (keys.has(key) && this.#duplicates.size < maxDuplicates) this.#duplicates.add(strictPath(this.#path));
      keys.add(key);
      this.#skipSpace();
      if (!this.#take(':')) throw this.#unexpected('after object key');
      this.#value();
      this.#path.pop();
      this.#skipSpace();
      if (this.#take('}')) return;
      if (!this.#take(',')) throw this.#unexpected('after object key:value pair');
    }
  }

  #array(): void {
    this.#at += 1;
    this.#skipSpace();
    if (this.#take(']')) return;
    for (let index = 0; ; index += 1) {
      this.#path.push(index);
      this.#value();
      this.#path.pop();
      this.#skipSpace();
      if (this.#take(']')) return;
      if (!this.#take(',')) throw this.#unexpected('after array element');
    }
  }

  /** The string's value. */
  #string(): string {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char < ' ') throw this.#unexpected('in string literal');
      this.#at += 1;
      if (char === '"') break;
      if (char === '\\') this.#escape();
    }
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #escape(): void {
    const char = this.#text[this.#at];
    if (char === 'u') {
      this.#at += 1;
      for (let i = 0; i < 4; i += 1, this.#at += 1) {
        if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? ''))
          throw this.#unexpected('in \\u hexadecimal character escape');
      }
      return;
    }
    if (char === undefined || !escapes.has(char)) throw this.#unexpected('in string escape code');
    this.#at += 1;
  }

  #number(): void {
    this.#take('-');
    if (!isDigit(this.#text[this.#at])) throw this.#unexpected('in numeric literal');
    if (!this.#take('0')) this.#digits();
    if (this.#take('.')) this.#someDigits('after decimal point in numeric literal');
    if (this.#take('e') || this.#take('E')) {
      if (!this.#take('+')) this.#take('-');
      this.#someDigits('in exponent of numeric literal');
    }
  }

  #someDigits(context: string): void {
    if (!isDigit(this.#text[this.#at])) throw this.#unexpected(context);
    this.#digits();
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at])) this.#at += 1;
  }

  #literal(word: string): void {
    for (let i = 1; i < word.length; i += 1) {
      this.#at += 1;
      const char = word.charAt(i);
      if (this.#text[this.#at] !== char) throw this.#unexpected(`in literal ${word} (expecting '${char}')`);
    }
    this.#at += 1;
  }

  #skipSpace(): void {
    for (let char = this.#text[this.#at]; char === ' ' || char === '\n' || char === '\r' || char === '\t'; ) {
      this.#at += 1;
      char = this.#text[this.#at];
    }
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #unexpected(context: string): JsonSyntaxError {
    const char = this.#text[this.#at];
    if (char === undefined) return new JsonSyntaxError('unexpected end of JSON input');
    return new JsonSyntaxError(`invalid character ${quoteChar(char)} ${context}`);
  }
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}

function quoteChar(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return "'\"'";
  return `'${JSON.stringify(char).slice(1, -1)}'`;
}

/** How many object members the text has: each has one colon that is in no string. The text must be valid JSON. */
export function countMembersInText(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 58) count += 1;
    else if (code === 34) i = endOfString(text, i);
  }
  return count;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === 92) backslashes += 1;
  return backslashes % 2 === 1;
}

/**
 * How many members a parsed value has in all its objects: fewer than its text where keys occurred twice.
 * @throws JsonSyntaxError for a value nested absurdly deep
 */
export function countMembers(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > maxDepth) throw new JsonSyntaxError('exceeded max depth');
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value) count += countMembers(element, depth + 1);
    return count;
  }
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    count += typeof member === 'object' ? 1 + countMembers(member, depth + 1) : 1;
  }
  return count;
}
