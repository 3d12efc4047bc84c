import { schemaKinds, schemaTypes } from '../generated/schema-data.ts';

/** Types that are no structs of ours: JSON scalars, and Go types with an encoding of their own. */
export type ScalarName =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'bytes'
  | 'Time'
  | 'MicroTime'
  | 'Quantity'
  | 'IntOrString'
  | 'RawExtension'
  | 'FieldsV1';

export type ValueType =
  | { readonly form: 'scalar'; readonly scalar: ScalarName; readonly goName: string }
  | { readonly form: 'struct'; readonly struct: StructSchema }
  | { readonly form: 'list'; readonly element: ValueType }
  | { readonly form: 'map'; readonly element: ValueType }
  /** A list of strings that is a message with `items` in protobuf (`ExtraValue`). */
  | { readonly form: 'items'; readonly element: ValueType };

export interface FieldSchema {
  readonly name: string;
  readonly type: ValueType;
  readonly isPointer: boolean;
  /** Go's omitempty: a zero value is not written, unless the field is a pointer. */
  readonly omitsEmpty: boolean;
  /** Filled with its zero value where it is missing, as Go does. */
  readonly isAlwaysPresent: boolean;
  /**
   * Strategic merge patch: lists with `merge` are merged by key, or as a set where there is none; a struct with `replace`
   * is not merged.
   */
  readonly patch: {
    readonly merges: boolean;
    readonly key: string | undefined;
    readonly retainsKeys: boolean;
    readonly replaces: boolean;
  };
  /** The OpenAPI extensions (`list`, `map`, `struct`) and `default`, as in the facts. */
  readonly flags: ReadonlyMap<string, string>;
}

/** A field number on the wire: a field, or an embedded struct whose fields belong to the struct around it. */
export type WireField =
  | { readonly form: 'field'; readonly field: FieldSchema }
  | { readonly form: 'embedded'; readonly struct: StructSchema };

export interface StructSchema {
  /** `apps/v1.DeploymentSpec` */
  readonly id: string;
  /** `apps/v1` */
  readonly version: string;
  /** `DeploymentSpec` */
  readonly goName: string;
  readonly isKind: boolean;
  /** Every JSON field, those of embedded structs included. `apiVersion` and `kind` of a kind are not among them. */
  readonly fields: ReadonlyMap<string, FieldSchema>;
  readonly wire: ReadonlyMap<number, WireField>;
  readonly alwaysPresent: readonly FieldSchema[];
}

interface MutableStruct extends StructSchema {
  readonly fields: Map<string, FieldSchema>;
  readonly wire: Map<number, WireField>;
  readonly alwaysPresent: FieldSchema[];
}

const scalars: ReadonlySet<string> = new Set<ScalarName>([
  'string',
  'bool',
  'int32',
  'int64',
  'float64',
  'bytes',
  'Time',
  'MicroTime',
  'Quantity',
  'IntOrString',
  'RawExtension',
  'FieldsV1',
]);

/** How Go's errors call the built-in types. */
const goNames: Readonly<Record<string, string>> = {
  bytes: '[]uint8',
  Time: 'string',
  MicroTime: 'string',
  Quantity: 'resource.Quantity',
  IntOrString: 'int32',
};

const structs = buildStructs();
const kinds: ReadonlySet<string> = new Set(schemaKinds);
/** Kinds that Kubernetes registers in every group version. */
const kindsOfEveryVersion: ReadonlySet<string> = new Set(['DeleteOptions', 'Status']);

/** The struct with this id (`meta/v1.ObjectMeta`), if the server knows it. */
export function structOf(id: string): StructSchema | undefined {
  return structs.get(id);
}

/** The schema of a kind, if the server knows it. */
export function schemaOfKind(reference: {
  readonly apiVersion: string;
  readonly kind: string;
}): StructSchema | undefined {
  const { apiVersion, kind } = reference;
  if (kindsOfEveryVersion.has(kind)) return structs.get(`meta/v1.${kind}`);
  const id = `${apiVersion}.${kind}`;
  return kinds.has(id) ? structs.get(id) : undefined;
}

function buildStructs(): ReadonlyMap<string, StructSchema> {
  const all = new Map<string, MutableStruct>();
  for (const id of Object.keys(schemaTypes)) all.set(id, emptyStruct(id));
  const done = new Set<string>();
  for (const struct of all.values()) fillStruct(struct, all, done);
  return all;
}

function emptyStruct(id: string): MutableStruct {
  const dot = id.lastIndexOf('.');
  return {
    id,
    version: id.slice(0, dot),
    goName: id.slice(dot + 1),
    isKind: schemaKinds.includes(id),
    fields: new Map(),
    wire: new Map(),
    alwaysPresent: [],
  };
}

/** Embedded structs come first, because their fields are copied into the one around them. */
function fillStruct(struct: MutableStruct, all: ReadonlyMap<string, MutableStruct>, done: Set<string>): void {
  if (done.has(struct.id)) return;
  done.add(struct.id);
  for (const line of (schemaTypes[struct.id] ?? '').split('\n')) {
    if (line === '') continue;
    const [name = '', number = '-', type = '', ...flags] = line.split(' ');
    if (name.startsWith('<')) embed(struct, number, all.get(type.replace('*', '')), all, done);
    else addField(struct, number, parseField(name, type, flags, all));
  }
}

function embed(
  struct: MutableStruct,
  number: string,
  inner: MutableStruct | undefined,
  all: ReadonlyMap<string, MutableStruct>,
  done: Set<string>,
): void {
  if (!inner) throw new Error(`schema data: ${struct.id} embeds an unknown type`);
  fillStruct(inner, all, done);
  for (const [name, field] of inner.fields) struct.fields.set(name, field);
  struct.alwaysPresent.push(...inner.alwaysPresent);
  if (number !== '-') struct.wire.set(Number(number), { form: 'embedded', struct: inner });
}

function addField(struct: MutableStruct, number: string, field: FieldSchema): void {
  struct.fields.set(field.name, field);
  if (number !== '-') struct.wire.set(Number(number), { form: 'field', field });
  if (field.isAlwaysPresent) struct.alwaysPresent.push(field);
}

function parseField(
  name: string,
  type: string,
  flagTexts: readonly string[],
  all: ReadonlyMap<string, StructSchema>,
): FieldSchema {
  const flags = new Map(flagTexts.map((flag) => splitFlag(flag)));
  return {
    name,
    type: parseType(type.replace('*', ''), all),
    isPointer: type.startsWith('*'),
    omitsEmpty: flags.has('?'),
    isAlwaysPresent: flags.has('!'),
    patch: {
      merges: flags.has('merge'),
      key: flags.get('merge') || undefined,
      retainsKeys: flags.has('retainKeys'),
      replaces: flags.has('replace'),
    },
    flags,
  };
}

function splitFlag(flag: string): [string, string] {
  const equals = flag.indexOf('=');
  return equals < 0 ? [flag, ''] : [flag.slice(0, equals), flag.slice(equals + 1)];
}

function parseType(text: string, all: ReadonlyMap<string, StructSchema>): ValueType {
  if (text.startsWith('[]')) return { form: 'list', element: parseType(text.slice(2), all) };
  if (text.startsWith('map[]')) return { form: 'map', element: parseType(text.slice(5), all) };
  if (text === 'StringItems') return { form: 'items', element: parseType('string', all) };
  if (text === 'UID') return { form: 'scalar', scalar: 'string', goName: 'types.UID' };
  if (text.startsWith('~')) return { form: 'scalar', scalar: 'string', goName: `v1.${text.slice(1)}` };
  if (isScalar(text)) return { form: 'scalar', scalar: text, goName: goNames[text] ?? text };
  const struct = all.get(text);
  if (!struct) throw new Error(`schema data: unknown type ${text}`);
  return { form: 'struct', struct };
}

function isScalar(text: string): text is ScalarName {
  return scalars.has(text);
}

/** The type as Go's errors spell it: `[]v1.Container`, `map[string]string`. */
export function goTypeName(type: ValueType): string {
  switch (type.form) {
    case 'scalar':
      return type.goName;
    case 'struct':
      return `${type.struct.version.split('/').at(-1) ?? ''}.${type.struct.goName}`;
    case 'list':
      return `[]${goTypeName(type.element)}`;
    case 'items':
      return 'v1.ExtraValue';
    case 'map':
      return goTypeName(type.element) === 'resource.Quantity'
        ? 'v1.ResourceList'
        : `map[string]${goTypeName(type.element)}`;
  }
}
