import { type ErrorCode, isAlias, isMap, isScalar, isSeq, parseDocument, type YAMLError } from 'yaml';
import { strictPath } from './typed-walk.ts';

/** Bounds what aliases of aliases may grow to. */
const maxAliases = 100;
const maxDuplicates = 100;

/** Where the parser's own text speaks of its API or of the JavaScript engine. */
const texts: Partial<Record<ErrorCode, string>> = {
  MULTIPLE_DOCS: 'more than one document',
  RESOURCE_EXHAUSTION: 'exceeded max depth',
};

/** A text that is no YAML document. */
export class YamlProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'YamlProblem';
  }
}

/**
 * Parses a single YAML document (core schema, merge keys) to JSON values, and tells which keys occur twice.
 * @throws YamlProblem
 */
export function parseYaml(text: string): { value: unknown; duplicateFields: string[] } {
  const document = parseDocument(text, { uniqueKeys: false, merge: true, strict: true });
  const [error] = document.errors;
  if (error) throw new YamlProblem(describe(error));
  const duplicates = new Set<string>();
  collectDuplicates(document.contents, [], duplicates);
  try {
    return { value: document.toJS({ maxAliasCount: maxAliases }) ?? null, duplicateFields: [...duplicates] };
  } catch (cause) {
    // Aliases are resolved here: one may be unknown, or there may be too many.
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new YamlProblem(`error converting YAML to JSON: yaml: ${why}`);
  }
}

function collectDuplicates(node: unknown, path: (string | number)[], found: Set<string>): void {
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) collectDuplicates(item, [...path, index], found);
    return;
  }
  if (!isMap(node) || isAlias(node)) return;
  const keys = new Set<string>();
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : String(key);
    const here = [...path, name];
    if (keys.has(name) && found.size < maxDuplicates) found.add(strictPath(here));
    keys.add(name);
    collectDuplicates(value, here, found);
  }
}

function describe(error: YAMLError): string {
  const line = error.linePos?.[0].line;
  const [what = ''] = error.message.split('\n');
  const why = texts[error.code] ?? what.replace(/ at line \d+, column \d+:?$/, '');
  return `error converting YAML to JSON: yaml: ${line === undefined ? '' : `line ${line}: `}${why}`;
}
