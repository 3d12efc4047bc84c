/** The part of an OpenAPI schema that the editor reads. */
export interface JsonSchema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly allOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The schemas of one version of a group, as its OpenAPI document names them. */
export interface SchemaSet {
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

/** The schema of a kind's objects. */
export function schemaOfKind({ schemas }: SchemaSet, apiVersion: string, kind: string): JsonSchema | undefined {
  return Object.values(schemas).find((schema) =>
    schema['x-kubernetes-group-version-kind']?.some((one) => apiVersionOf(one) === apiVersion && one.kind === kind),
  );
}

/** The kinds of objects that a document describes, by name. */
export function kindsOf({ schemas }: SchemaSet, apiVersion: string): string[] {
  const kinds = Object.values(schemas).flatMap((schema) => schema['x-kubernetes-group-version-kind'] ?? []);
  const own = kinds.filter((one) => apiVersionOf(one) === apiVersion && !one.kind.endsWith('List'));
  return [...new Set(own.map(({ kind }) => kind))].sort();
}

/** The schema itself, where it only refers to another; the description of the reference says more and is kept. */
export function resolve(set: SchemaSet, schema: JsonSchema): JsonSchema {
  const [only] = schema.allOf?.length === 1 ? schema.allOf : [];
  const reference = schema.$ref ?? only?.$ref;
  if (reference === undefined) return schema;
  const target = set.schemas[reference.slice(reference.lastIndexOf('/') + 1)];
  if (!target) return schema;
  const resolved = resolve(set, target);
  return schema.description ? { ...resolved, description: schema.description } : resolved;
}

/** A step into a value: a field, or any element of a list. */
export type SchemaStep = string | typeof listElement;
export const listElement = Symbol('element of a list');

/** The schema of what lies at the path; undefined where the schema says nothing of it. */
export function schemaAt(set: SchemaSet, root: JsonSchema, path: readonly SchemaStep[]): JsonSchema | undefined {
  let schema: JsonSchema | undefined = resolve(set, root);
  for (const step of path) {
    const next: JsonSchema | undefined = schema && childOf(schema, step);
    schema = next && resolve(set, next);
  }
  return schema;
}

/** The schema of a field or element, not yet resolved. */
export function childOf(schema: JsonSchema, step: SchemaStep): JsonSchema | undefined {
  if (step === listElement) return schema.items;
  const { additionalProperties: others } = schema;
  return schema.properties?.[step] ?? (typeof others === 'object' ? others : undefined);
}

/** Whether any field may be there, known or not. */
export function isOpen(schema: JsonSchema): boolean {
  return (
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    schema.additionalProperties !== undefined ||
    schema.properties === undefined
  );
}

/** `integer`, `string or number`, `list of objects`. */
export function typeWords(set: SchemaSet, given: JsonSchema): string {
  const schema = resolve(set, given);
  if (schema.oneOf) return schema.oneOf.map(({ type }) => type ?? 'anything').join(' or ');
  if (schema.type === 'array') return schema.items ? `list of ${plural(typeWords(set, schema.items))}` : 'list';
  return schema.type ?? 'anything';
}

/** The values a field takes: by the schema, or as its description names them, which may not be all. */
export function valuesOf(schema: JsonSchema): { readonly values: readonly string[]; readonly isComplete: boolean } {
  if (schema.type === 'boolean') return { values: ['true', 'false'], isComplete: true };
  if (schema.enum) return { values: schema.enum.map(String), isComplete: true };
  if (schema.type !== 'string') return { values: [], isComplete: false };
  return { values: describedValues(schema.description ?? ''), isComplete: false };
}

/** `One of Always, Never, IfNotPresent.` and `Can be "Recreate" or "RollingUpdate".` */
function describedValues(description: string): string[] {
  const listed = /\b[Oo]ne of:? ((?:"?[A-Z][A-Za-z]+"?(?:, (?:or )?| or )?)+)[.\s]/.exec(description)?.[1];
  const quoted = /\bCan be ((?:"[A-Za-z]+"(?:, (?:or )?| or )?)+)/.exec(description)?.[1];
  const found = listed ?? quoted ?? '';
  return found.split(/, or |, | or /).flatMap((word) => word.replaceAll('"', '') || []);
}

function apiVersionOf({ group, version }: GroupVersionKind): string {
  return group ? `${group}/${version}` : version;
}

function plural(words: string): string {
  return words.endsWith('g') || words.endsWith('t') || words.endsWith('r') ? `${words}s` : words;
}
