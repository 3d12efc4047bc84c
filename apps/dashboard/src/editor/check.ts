import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import { childOf, isOpen, type JsonSchema, resolve, type SchemaSet, schemaOfKind, valuesOf } from './schema.ts';

/** Something wrong at a place of the text. */
export interface Problem {
  readonly from: number;
  readonly to: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** The schemas that are loaded, by `apiVersion`; undefined where none are known (yet). */
export type SchemaLookup = (apiVersion: string) => SchemaSet | undefined;

/** What the syntax and the schema of its kind say against a document. Whether the API takes it, only the API knows. */
export function checkDocument(document: Document.Parsed, lookup: SchemaLookup): Problem[] {
  const syntax = document.errors.map(({ pos: [from, to], message }): Problem => {
    const [first = ''] = message.split('\n');
    return { from, to, severity: 'error', message: first };
  });
  if (syntax.length > 0 || !document.contents) return syntax;
  const { apiVersion, kind } = kindOfDocument(document);
  const [from, to] = rangeOf(document.contents);
  if (!isMap(document.contents)) return [{ from, to, severity: 'error', message: 'an object is a mapping of fields' }];
  const missing = { apiVersion, kind };
  const absent = Object.entries(missing).filter(([, value]) => value === '');
  if (absent.length > 0) {
    return absent.map(([name]) => ({
      from,
      to: firstLineEnd(document.contents, to),
      severity: 'error',
      message: `${name} is missing`,
    }));
  }
  const set = lookup(apiVersion);
  if (!set) return [];
  const schema = schemaOfKind(set, apiVersion, kind);
  if (!schema)
    return [
      { ...keyRange(document.contents, 'kind'), severity: 'error', message: `${apiVersion} has no kind ${kind}` },
    ];
  const problems: Problem[] = [];
  checkNode({ set, problems }, document.contents, schema);
  return problems;
}

/** What the document says it is; empty where it does not. */
export function kindOfDocument(document: Document.Parsed): { readonly apiVersion: string; readonly kind: string } {
  const text = (key: string): string => {
    const value: unknown = isMap(document.contents) ? document.contents.get(key) : undefined;
    return typeof value === 'string' ? value : '';
  };
  return { apiVersion: text('apiVersion'), kind: text('kind') };
}

interface Walk {
  readonly set: SchemaSet;
  readonly problems: Problem[];
}

function checkNode(walk: Walk, node: Node | null | undefined, given: JsonSchema): void {
  // An alias is checked where its anchor is; an empty value is the same as none.
  if (!node || isAlias(node)) return;
  const schema = resolve(walk.set, given);
  if (isScalar(node)) return checkScalar(walk, node, schema);
  const type = isMap(node) ? 'object' : 'array';
  if (schema.type !== undefined && schema.type !== type) {
    return report(walk, node, `must be ${article(schema.type)}, not ${article(type)}`);
  }
  if (isMap(node)) checkMap(walk, node, schema);
  else if (isSeq(node) && schema.items) for (const item of node.items) checkNode(walk, item as Node, schema.items);
}

function checkMap(walk: Walk, map: YAMLMap, schema: JsonSchema): void {
  const present = new Set<string>();
  for (const pair of map.items as Pair<Scalar, Node | null>[]) {
    const name = String(pair.key.value);
    present.add(name);
    const child = childOf(schema, name);
    if (child) checkNode(walk, pair.value, child);
    else if (!isOpen(schema)) report(walk, pair.key, unknownWords(name, schema));
  }
  for (const name of schema.required ?? []) {
    if (!present.has(name)) report(walk, map.items[0]?.key as Node | undefined, `field "${name}" is required here`);
  }
}

function checkScalar(walk: Walk, node: Scalar, schema: JsonSchema): void {
  const { value } = node;
  if (value === null) return;
  const types = schema.oneOf ? schema.oneOf.map(({ type }) => type) : [schema.type];
  const actual = typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'number') : typeof value;
  const fits = types.some(
    (type) => type === undefined || type === actual || (type === 'number' && actual === 'integer'),
  );
  if (!fits) {
    const expected = types.map((type) => article(type ?? '')).join(' or ');
    const hint = expected === 'a string' ? ': put it in quotes' : '';
    return report(walk, node, `must be ${expected}, not ${article(actual)}${hint}`);
  }
  const { values, isComplete } = valuesOf(schema);
  if (schema.type !== 'string' || values.length === 0 || values.includes(String(value)) || value === '') return;
  report(
    walk,
    node,
    `${isComplete ? 'must be' : 'is usually'} one of ${values.join(', ')}`,
    isComplete ? 'error' : 'warning',
  );
}

function report(walk: Walk, node: Node | undefined, message: string, severity: Problem['severity'] = 'error'): void {
  const [from, to] = rangeOf(node);
  walk.problems.push({ from, to, severity, message });
}

function unknownWords(name: string, schema: JsonSchema): string {
  const near = Object.keys(schema.properties ?? {}).find((known) => isNear(known.toLowerCase(), name.toLowerCase()));
  return `unknown field "${name}"${near ? `; did you mean "${near}"?` : ''}`;
}

/** Whether one letter more, fewer or different, or two swapped, makes one of the other. */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return a.length - start - end <= 2 && b.length - start - end <= 2;
}

function keyRange(map: Node, name: string): { readonly from: number; readonly to: number } {
  const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && item.key.value === name) : undefined;
  const [from, to] = rangeOf(pair?.value as Node | undefined);
  return { from, to };
}

function rangeOf(node: Node | undefined): readonly [number, number] {
  const [from = 0, to = 0] = node?.range ?? [];
  return [from, to];
}

function firstLineEnd(node: Node | null, otherwise: number): number {
  const first = isMap(node) ? node.items[0] : undefined;
  return first ? rangeOf(first.key as Node)[1] : otherwise;
}

function article(type: string): string {
  if (type === 'array') return 'a list';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
