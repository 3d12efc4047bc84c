import type { SchemaLookup } from './check.ts';
import { type CursorPlace, placeAt } from './cursor-path.ts';
import {
  childOf,
  type JsonSchema,
  kindsOf,
  resolve,
  type SchemaSet,
  schemaAt,
  schemaOfKind,
  typeWords,
  valuesOf,
} from './schema.ts';

export interface Completion {
  readonly label: string;
  readonly type: 'property' | 'enum';
  /** The field's type. */
  readonly detail?: string;
  /** The field's documentation. */
  readonly info?: string;
  readonly apply: string;
}

export interface Completions {
  /** Where what is typed begins. */
  readonly from: number;
  readonly options: readonly Completion[];
}

/** What most objects have at the top; more is known once apiVersion and kind are there. */
const rootFields = ['apiVersion', 'kind', 'metadata', 'spec', 'data'];

/** What can be typed at a position of the text: fields of the mapping there, or values of its field. */
export function completionsAt(text: string, position: number, lookup: SchemaLookup): Completions | undefined {
  const place = placeAt(text, position);
  if (!place) return undefined;
  const set = lookup(place.apiVersion);
  const options = place.field === undefined ? fieldsAt(place, set) : valuesAt(place, place.field, set);
  return { from: place.typedAt, options };
}

/** What the schema says of the field or value at a position, for a tooltip. */
export function describeAt(text: string, position: number, lookup: SchemaLookup): string | undefined {
  const lineEnd = text.indexOf('\n', position);
  const place = placeAt(text, lineEnd < 0 ? text.length : lineEnd);
  const set = place && lookup(place.apiVersion);
  if (!place?.field || !set) return undefined;
  const schema = fieldSchema(set, place, place.field);
  return schema && `${place.field}: ${typeWords(set, schema)}. ${schema.description ?? ''}`;
}

function fieldsAt(place: CursorPlace, set: SchemaSet | undefined): Completion[] {
  const schema = set && mappingSchema(set, place);
  if (!set || !schema) {
    const isRoot = place.path.length === 0;
    const known = isRoot ? rootFields.filter((name) => !place.siblings.has(name)) : [];
    return known.map((label) => ({
      label,
      type: 'property',
      apply: label === 'apiVersion' || label === 'kind' ? `${label}: ` : `${label}:\n  `,
    }));
  }
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => !place.siblings.has(name))
    .map(([label, field]) => {
      const resolved = resolve(set, field);
      return {
        label,
        type: 'property',
        detail: typeWords(set, field),
        ...(resolved.description ? { info: resolved.description } : {}),
        apply: label + openingOf(resolved, place.column),
      };
    });
}

/** What follows the field's name: a value on the same line, or the next line, further in. */
function openingOf({ type, properties, additionalProperties }: JsonSchema, column: number): string {
  const inside = `:\n${' '.repeat(column + 2)}`;
  if (type === 'array') return `${inside}- `;
  return properties || additionalProperties ? inside : ': ';
}

function valuesAt(place: CursorPlace, field: string, set: SchemaSet | undefined): Completion[] {
  const value = (label: string): Completion => ({ label, type: 'enum', apply: label });
  if (place.path.length === 0 && field === 'kind') return set ? kindsOf(set, place.apiVersion).map(value) : [];
  const schema = set && fieldSchema(set, place, field);
  return schema ? valuesOf(schema).values.map(value) : [];
}

function mappingSchema(set: SchemaSet, { apiVersion, kind, path }: CursorPlace): JsonSchema | undefined {
  const root = schemaOfKind(set, apiVersion, kind);
  return root && schemaAt(set, root, path);
}

function fieldSchema(set: SchemaSet, place: CursorPlace, field: string): JsonSchema | undefined {
  const mapping = mappingSchema(set, place);
  const child = mapping && childOf(mapping, field);
  return child && resolve(set, child);
}
