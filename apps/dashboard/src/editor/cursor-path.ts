import { listElement, type SchemaStep } from './schema.ts';

/** Where in a document a cursor is, read from the lines above it: the text is seldom valid while somebody types. */
export interface CursorPlace {
  readonly apiVersion: string;
  readonly kind: string;
  /** Of the mapping that the cursor's line is in. */
  readonly path: readonly SchemaStep[];
  /** The field that a value is typed for; undefined where a field's name is typed. */
  readonly field: string | undefined;
  /** What is typed of the name or value, and where it begins. */
  readonly typed: string;
  readonly typedAt: number;
  /** The column of the line's fields. */
  readonly column: number;
  /** The fields that the mapping has already. */
  readonly siblings: ReadonlySet<string>;
}

interface Line {
  /** The columns of the dashes before the field. */
  readonly dashes: readonly number[];
  readonly column: number;
  readonly key: string | undefined;
  readonly value: string;
}

const linePattern = /^( *)((?:- +)*)(?:("?)([\w.$/-]+)\3:(?: +(.*))?|(.*))$/;

/** Undefined within comments, blocks of text and whatever else is no plain YAML of ours. */
export function placeAt(text: string, position: number): CursorPlace | undefined {
  const lines = text.split('\n');
  let start = 0;
  let row = 0;
  while (row < lines.length - 1 && start + (lines[row]?.length ?? 0) < position)
    start += (lines[row++]?.length ?? 0) + 1;
  const typedLine = text.slice(start, position);
  if (/(^|\s)#/.test(typedLine)) return undefined;
  const [from, to] = documentAround(lines, row);
  const here = parseLine(typedLine);
  if (!here) return undefined;
  const typed = here.key === undefined ? typedLine.slice(here.column) : here.value;
  const walk = new Walk();
  for (const line of lines.slice(from, row)) walk.take(parseLine(line));
  const frame = walk.enter(here);
  const path = walk.path;
  for (const line of lines.slice(row + 1, to)) if (!walk.takeWithin(frame, parseLine(line))) break;
  return {
    ...kindIn(lines.slice(from, to)),
    path,
    field: here.key,
    typed,
    typedAt: position - typed.length,
    column: here.column,
    siblings: frame.names,
  };
}

/** A mapping that lines are in: below a field, or an element of a list. */
interface Frame {
  readonly column: number;
  readonly step: SchemaStep | undefined;
  readonly names: Set<string>;
}

/** Goes down the lines and knows by their columns which mappings each is in. */
class Walk {
  #frames: Frame[] = [frameAt(-1, undefined)];

  get path(): SchemaStep[] {
    return this.#frames.flatMap(({ step }) => step ?? []);
  }

  take(line: Line | undefined): void {
    if (!line || (line.key === undefined && line.dashes.length === 0)) return;
    const parent = this.enter(line);
    if (line.key === undefined) return;
    parent.names.add(line.key);
    this.#frames.push(frameAt(line.column, line.key));
  }

  /** The mapping that the line's field is in. */
  enter({ dashes, column }: Line): Frame {
    for (const dash of dashes) {
      // A list may stand at the column of the field it belongs to.
      this.#leave((frame) => frame.column > dash || (frame.column === dash && frame.step === listElement));
      this.#frames.push(frameAt(dash, listElement));
    }
    this.#leave((frame) => frame.column >= column);
    return this.#frames.at(-1) ?? frameAt(-1, undefined);
  }

  /** As {@link take}; false where the line is no longer within the frame. */
  takeWithin(frame: Frame, line: Line | undefined): boolean {
    this.take(line);
    return this.#frames.includes(frame);
  }

  #leave(isLeft: (frame: Frame) => boolean): void {
    while (this.#frames.length > 1) {
      const last = this.#frames.at(-1);
      if (!last || !isLeft(last)) return;
      this.#frames.pop();
    }
  }
}

function frameAt(column: number, step: SchemaStep | undefined): Frame {
  return { column, step, names: new Set() };
}

function documentAround(lines: readonly string[], row: number): [number, number] {
  const isBorder = (line: string): boolean => /^---(\s|$)/.test(line);
  let from = row;
  while (from > 0 && !isBorder(lines[from - 1] ?? '')) from--;
  let to = row + 1;
  while (to < lines.length && !isBorder(lines[to] ?? '')) to++;
  return [from, to];
}

function parseLine(line: string): Line | undefined {
  const found = linePattern.exec(line);
  if (!found || /^\s*(#|$)/.test(line))
    return /^\s*$/.test(line) ? { dashes: [], column: line.length, key: undefined, value: '' } : undefined;
  const [, indent = '', marks = '', , key, value = ''] = found;
  const dashes: number[] = [];
  for (let at = 0; at < marks.length; at++) if (marks[at] === '-') dashes.push(indent.length + at);
  return { dashes, column: indent.length + marks.length, key, value };
}

function kindIn(lines: readonly string[]): { readonly apiVersion: string; readonly kind: string } {
  const textOf = (key: string): string =>
    lines.map((line) => new RegExp(`^${key}: *"?([^"#\\s]+)`).exec(line)?.[1]).find((value) => value !== undefined) ??
    '';
  return { apiVersion: textOf('apiVersion'), kind: textOf('kind') };
}
