import type { FieldSchema, ScalarName, StructSchema, ValueType } from '../field-table.ts';
import { enumValues } from './enums.ts';

/** A schema object of OpenAPI v2 or v3, as far as Kubernetes uses them. */
export interface JsonSchema {
  $ref?: string;
  description?: string;
  type?: string;
  format?: string;
  default?: unknown;
  enum?: readonly string[];
  required?: string[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema;
  items?: JsonSchema;
  allOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  [extension: `x-kubernetes-${string}`]: unknown;
}

/** The texts, which are loaded only when somebody asks for the documents. */
export interface SchemaTexts {
  readonly descriptions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly requiredFields: Readonly<Record<string, readonly string[]>>;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export type OpenApiVersion = 'v2' | 'v3';

/** Scalars with a definition of their own, and the types whose definition they are. */
const namedScalars: Partial<Record<ScalarName, string>> = {
  Time: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
  MicroTime: 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime',
  FieldsV1: 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1',
  Quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  IntOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  RawExtension: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
};

const scalarTexts: Partial<Record<ScalarName, string>> = {
  Time: 'A point in time, as RFC 3339 writes it, to the second.',
  MicroTime: 'A point in time, as RFC 3339 writes it, to the microsecond.',
  FieldsV1: 'A set of fields, as a tree of their names.',
  Quantity: 'An amount with an optional suffix: 500m is a half, 64Mi is 64 times 2 to the power of 20.',
  IntOrString: 'A whole number or a string, such as a percentage or the name of a port.',
  RawExtension: 'An object of any kind.',
};

/** The name Kubernetes' documents have for a type: `io.k8s.api.apps.v1.Deployment`; ours are `io.gantry.v1.NodePool`. */
export function definitionName(struct: { readonly version: string; readonly goName: string }): string {
  if (struct.version === 'meta/v1') return `io.k8s.apimachinery.pkg.apis.meta.v1.${struct.goName}`;
  const [group = '', version] = struct.version.split('/');
  if (group === 'gantry.io') return `io.gantry.${version}.${struct.goName}`;
  const owner = version === undefined ? `core.${group}` : `${group.split('.')[0] ?? ''}.${version}`;
  return `io.k8s.api.${owner}.${struct.goName}`;
}

/** Collects the definitions of structs and of everything they refer to. */
export class DefinitionSet {
  readonly #version: OpenApiVersion;
  readonly #texts: SchemaTexts;
  readonly #kindsOf: (struct: StructSchema) => GroupVersionKind[];
  readonly #definitions = new Map<string, JsonSchema>();

  constructor(version: OpenApiVersion, texts: SchemaTexts, kindsOf: (struct: StructSchema) => GroupVersionKind[]) {
    this.#version = version;
    this.#texts = texts;
    this.#kindsOf = kindsOf;
  }

  /** Adds a struct with its closure and returns a reference to it. */
  reference(struct: StructSchema): JsonSchema {
    const name = definitionName(struct);
    if (!this.#definitions.has(name)) {
      const schema: JsonSchema = {};
      this.#definitions.set(name, schema);
      Object.assign(schema, this.#structSchema(struct));
    }
    return this.#ref(name);
  }

  /** Name -> schema, sorted. */
  toObject(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#definitions].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #ref(name: string): JsonSchema {
    return { $ref: `${this.#version === 'v2' ? '#/definitions/' : '#/components/schemas/'}${name}` };
  }

  #structSchema(struct: StructSchema): JsonSchema {
    const texts = this.#texts.descriptions[struct.id] ?? {};
    const properties: Record<string, JsonSchema> = {};
    if (struct.isKind) {
      for (const name of ['apiVersion', 'kind']) properties[name] = describe(texts[name], { type: 'string' });
    }
    for (const field of struct.fields.values()) {
      // The source of the texts has none for a field that is a single struct: the struct's own is the next best.
      const type = field.type.form === 'struct' ? this.#texts.descriptions[field.type.struct.id]?.[''] : undefined;
      properties[field.name] = this.#fieldSchema(field, texts[field.name] ?? type);
    }
    const known = (this.#texts.requiredFields[struct.id] ?? []).filter((name) => name in properties);
    const kinds = this.#kindsOf(struct);
    return {
      ...describe(texts[''], { type: 'object' }),
      ...(known.length > 0 ? { required: known.toSorted() } : {}),
      ...(Object.keys(properties).length > 0 ? { properties: sorted(properties) } : {}),
      ...(kinds.length > 0 ? { 'x-kubernetes-group-version-kind': kinds } : {}),
    };
  }

  #fieldSchema(field: FieldSchema, description: string | undefined): JsonSchema {
    const schema = { ...describe(description, this.#typeSchema(field.type)), ...extensions(field) };
    const value = defaultOf(field);
    if (value !== undefined) schema.default = value;
    if (this.#version === 'v2' || schema.$ref === undefined) return schema;
    // In OpenAPI v3 nothing may stand beside a $ref.
    const { $ref, ...rest } = schema;
    return { ...rest, allOf: [{ $ref }] };
  }

  #typeSchema(type: ValueType): JsonSchema {
    switch (type.form) {
      case 'struct':
        return this.reference(type.struct);
      case 'list':
      case 'items':
        return { type: 'array', items: this.#typeSchema(type.element) };
      case 'map':
        return { type: 'object', additionalProperties: this.#typeSchema(type.element) };
      case 'scalar':
        return this.#scalarSchema(type.scalar, type.goName);
    }
  }

  #scalarSchema(scalar: ScalarName, goName: string): JsonSchema {
    const name = namedScalars[scalar];
    if (name === undefined) {
      const values = enumValues(goName);
      return { ...plainScalar(scalar, this.#version), ...(values ? { enum: values } : {}) };
    }
    if (!this.#definitions.has(name)) {
      this.#definitions.set(name, describe(scalarTexts[scalar], plainScalar(scalar, this.#version)));
    }
    return this.#ref(name);
  }
}

function plainScalar(scalar: ScalarName, version: OpenApiVersion): JsonSchema {
  switch (scalar) {
    case 'string':
      return { type: 'string' };
    case 'bool':
      return { type: 'boolean' };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: scalar };
    case 'float64':
      return { type: 'number', format: 'double' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'Time':
    case 'MicroTime':
      return { type: 'string', format: 'date-time' };
    case 'Quantity':
      return version === 'v2' ? { type: 'string' } : { oneOf: [{ type: 'string' }, { type: 'number' }] };
    case 'IntOrString':
      return version === 'v2'
        ? { type: 'string', format: 'int-or-string' }
        : { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] };
    case 'RawExtension':
    case 'FieldsV1':
      return { type: 'object' };
  }
}

function describe(description: string | undefined, schema: JsonSchema): JsonSchema {
  return description ? { description, ...schema } : schema;
}

/** What strategic merge patch and server-side apply need to know of a field. */
function extensions(field: FieldSchema): JsonSchema {
  const { merges, key, retainsKeys, replaces } = field.patch;
  const strategy = [
    ...(merges ? ['merge'] : []),
    ...(retainsKeys ? ['retainKeys'] : []),
    ...(replaces ? ['replace'] : []),
  ];
  const list = field.flags.get('list');
  const [listType, mapKeys] = list?.split(':') ?? [];
  const mapType = field.flags.get('map') ?? field.flags.get('struct');
  return {
    ...(listType ? { 'x-kubernetes-list-type': listType } : {}),
    ...(mapKeys ? { 'x-kubernetes-list-map-keys': mapKeys.split(',') } : {}),
    ...(mapType ? { 'x-kubernetes-map-type': mapType } : {}),
    ...(key ? { 'x-kubernetes-patch-merge-key': key } : {}),
    ...(strategy.length > 0 ? { 'x-kubernetes-patch-strategy': strategy.join(',') } : {}),
  };
}

function defaultOf(field: FieldSchema): unknown {
  const text = field.flags.get('default');
  // `ref(…)` names a Go constant.
  return text === undefined || text.startsWith('ref(') ? undefined : (JSON.parse(text) as unknown);
}

function sorted<T>(members: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
}
