import { ApiError } from './errors.ts';
import type { KindDefinition } from './kind.ts';
import type { KubernetesObject } from './resources.ts';

/** One condition of a field selector. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** A field selector ready to be matched against objects of one kind. */
export interface CompiledFieldSelector {
  readonly requirements: readonly FieldRequirement[];
  readonly isEverything: boolean;
  matches(object: KubernetesObject): boolean;
  /** The value the field must have, where the selector asks for exactly one: lets a list use an index. */
  exactValue(field: string): string | undefined;
}

/**
 * Parses the text of a `fieldSelector` parameter (`a=b,c!=d`, with `\,`, `\=` and `\\` escaped in values).
 * @throws ApiError BadRequest with Kubernetes' message
 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => {
      const requirement = parseTerm(term);
      if (!requirement) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      return requirement;
    });
}

/**
 * Compiles a field selector for a kind; only `metadata.name`, `metadata.namespace` and what the kind declares can be
 * selected by.
 * @throws ApiError BadRequest with Kubernetes' message
 */
export function compileFieldSelector(
  text: string,
  kind: Pick<KindDefinition, 'selectableFields'>,
): CompiledFieldSelector {
  const requirements = parseFieldSelector(text);
  const tests = requirements.map((requirement) => testOf(requirement, kind));
  return {
    requirements,
    isEverything: tests.length === 0,
    matches: (object) => tests.every((test) => test(object)),
    exactValue: (field) => requirements.find((r) => r.field === field && r.operator === '=')?.value,
  };
}

const metadataFields: Readonly<Record<string, (object: KubernetesObject) => string>> = {
  'metadata.name': (object) => object.metadata.name,
  'metadata.namespace': (object) => object.metadata.namespace ?? '',
};

function testOf(
  { field, operator, value }: FieldRequirement,
  kind: Pick<KindDefinition, 'selectableFields'>,
): (object: KubernetesObject) => boolean {
  const read = Object.hasOwn(metadataFields, field)
    ? metadataFields[field]
    : Object.hasOwn(kind.selectableFields, field)
      ? kind.selectableFields[field]
      : undefined;
  if (!read) throw unknownField(field, kind);
  return operator === '=' ? (object) => read(object) === value : (object) => read(object) !== value;
}

/** Kubernetes words this differently for kinds with fields of their own and for those without. */
function unknownField(field: string, kind: Pick<KindDefinition, 'selectableFields'>): ApiError {
  if (Object.keys(kind.selectableFields).length > 0) return badRequest(`field label not supported: ${field}`);
  return badRequest(
    `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

function badRequest(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

/** Splits at commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === ',') {
      terms.push(text.slice(start, index));
      start = index + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function parseTerm(term: string): FieldRequirement | undefined {
  for (let index = 0; index < term.length; index += 1) {
    for (const symbol of ['!=', '==', '='] as const) {
      if (!term.startsWith(symbol, index)) continue;
      const value = unescapeValue(term.slice(index + symbol.length));
      if (value === undefined) return undefined;
      return { field: term.slice(0, index), operator: symbol === '!=' ? '!=' : '=', value };
    }
  }
  return undefined;
}

/** Undefined for an escape that does not exist, and for a symbol that should have been escaped. */
function unescapeValue(value: string): string | undefined {
  if (!/[\\=,]/.test(value)) return value;
  let result = '';
  for (let index = 0; index < value.length; index += 1) {
    const char = value.charAt(index);
    if (char === '=' || char === ',') return undefined;
    if (char !== '\\') {
      result += char;
      continue;
    }
    index += 1;
    const escaped = value.charAt(index);
    if (escaped !== '\\' && escaped !== '=' && escaped !== ',') return undefined;
    result += escaped;
  }
  return result;
}
