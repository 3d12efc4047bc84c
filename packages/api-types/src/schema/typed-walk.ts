import { DecodeFailure } from './failure.ts';
import { type FieldSchema, goTypeName, type StructSchema, type ValueType } from './field-table.ts';
import { decodeScalar, jsonTypeName, wrongType, zeroOf } from './scalars.ts';

type JsonObject = Record<string, unknown>;

/** Kubernetes stops reporting there too. */
const maxUnknownFields = 100;

/** Collects what a walk finds; the path is where it is at the moment. */
interface Walk {
  readonly path: (string | number)[];
  readonly unknownFields: string[];
}

export interface TypedValue {
  readonly object: JsonObject;
  /** `spec.template.spec.containers[0].foo` */
  readonly unknownFields: string[];
}

/**
 * Reads a JSON value as an object of `struct`, as Go's decoder would: unknown fields are dropped and reported, null
 * and empty values of omitempty fields are dropped, what is always present gets its zero value, quantities and times
 * are written canonically. Parts that need no change are shared with `value`, which is never changed.
 * @throws DecodeFailure for a value of the wrong type
 */
export function walkTyped(value: JsonObject, struct: StructSchema): TypedValue {
  const walk: Walk = { path: [], unknownFields: [] };
  const object = walkStruct(value, struct, walk);
  return { object, unknownFields: walk.unknownFields };
}

function walkStruct(value: JsonObject, struct: StructSchema, walk: Walk): JsonObject {
  let copy: JsonObject | undefined;
  for (const key in value) {
    const before = value[key];
    const field = struct.fields.get(key);
    const after = field === undefined ? walkUnknown(key, before, struct, walk) : walkField(before, field, struct, walk);
    if (copy === undefined) {
      if (after === before) continue;
      copy = copyUntil(value, key);
    }
    if (after !== undefined) copy[key] = after;
  }
  for (const field of struct.alwaysPresent) {
    if ((copy ?? value)[field.name] !== undefined) continue;
    const zero = zeroValue(field.type);
    if (zero === undefined) continue;
    copy ??= { ...value };
    copy[field.name] = zero;
  }
  return copy ?? value;
}

function walkUnknown(key: string, value: unknown, struct: StructSchema, walk: Walk): unknown {
  if (struct.isKind && (key === 'kind' || key === 'apiVersion')) return value;
  if (walk.unknownFields.length < maxUnknownFields) walk.unknownFields.push(strictPath([...walk.path, key]));
  return undefined;
}

function walkField(value: unknown, field: FieldSchema, owner: StructSchema, walk: Walk): unknown {
  if (value === null || value === undefined) return undefined;
  const { type } = field;
  const isDroppedWhenEmpty = field.omitsEmpty && !field.isPointer;
  if (type.form === 'scalar') {
    const after = scalarAt(value, field, type, owner, walk);
    return isDroppedWhenEmpty && (after === '' || after === 0 || after === false) ? undefined : after;
  }
  walk.path.push(field.name);
  const after = walkValue(value, type, field, owner, walk);
  walk.path.pop();
  return isDroppedWhenEmpty && type.form !== 'struct' && isEmpty(after) ? undefined : after;
}

function scalarAt(
  value: unknown,
  field: FieldSchema,
  type: ValueType & { form: 'scalar' },
  owner: StructSchema,
  walk: Walk,
): unknown {
  const after = decodeScalar(type.scalar, value);
  if (after !== wrongType) return after;
  walk.path.push(field.name);
  throw typeFailure(value, type, owner, walk);
}

/** A list, map or struct; the path already ends in the field's name. */
function walkValue(value: unknown, type: ValueType, field: FieldSchema, owner: StructSchema, walk: Walk): unknown {
  switch (type.form) {
    case 'scalar': {
      const after = decodeScalar(type.scalar, value);
      if (after === wrongType) throw typeFailure(value, type, owner, walk);
      return after;
    }
    case 'struct':
      if (!isJsonObject(value)) throw typeFailure(value, type, owner, walk);
      return walkStruct(value, type.struct, walk);
    case 'list':
    case 'items':
      if (!Array.isArray(value)) throw typeFailure(value, type, owner, walk);
      return walkList(value, type.element, field, owner, walk);
    case 'map':
      if (!isJsonObject(value)) throw typeFailure(value, type, owner, walk);
      return walkMap(value, type.element, field, owner, walk);
  }
}

function walkList(
  list: readonly unknown[],
  element: ValueType,
  field: FieldSchema,
  owner: StructSchema,
  walk: Walk,
): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < list.length; i += 1) {
    const before = list[i];
    walk.path.push(i);
    const after = before === null ? zeroValue(element) : walkValue(before, element, field, owner, walk);
    walk.path.pop();
    if (after !== before) copy ??= list.slice();
    if (copy) copy[i] = after ?? null;
  }
  return copy ?? list;
}

function walkMap(map: JsonObject, element: ValueType, field: FieldSchema, owner: StructSchema, walk: Walk): JsonObject {
  let copy: JsonObject | undefined;
  for (const key in map) {
    const before = map[key];
    const after = before === null ? zeroValue(element) : walkValue(before, element, field, owner, walk);
    if (after === before) continue;
    copy ??= { ...map };
    copy[key] = after;
  }
  return copy ?? map;
}

/** The zero value of a type, as JSON; `undefined` where Go writes null. */
function zeroValue(type: ValueType): unknown {
  switch (type.form) {
    case 'scalar':
      return zeroOf(type.scalar);
    case 'struct':
      return walkStruct({}, type.struct, { path: [], unknownFields: [] });
    case 'list':
    case 'items':
      return [];
    case 'map':
      return {};
  }
}

function copyUntil(value: JsonObject, end: string): JsonObject {
  const copy: JsonObject = {};
  for (const key in value) {
    if (key === end) break;
    copy[key] = value[key];
  }
  return copy;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value as JsonObject) return false;
  return true;
}

/** True for what JSON calls an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `spec.containers[0].name` */
export function strictPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  return text;
}

function typeFailure(value: unknown, type: ValueType, owner: StructSchema, walk: Walk): DecodeFailure {
  // Go names the struct that has the field, and leaves out the indices.
  const path = walk.path.filter((step) => typeof step === 'string').join('.');
  const found = jsonTypeName(type.form === 'scalar' ? type.scalar : undefined, value);
  return new DecodeFailure(
    `json: cannot unmarshal ${found} into Go struct field ${owner.goName}.${path} of type ${goTypeName(type)}`,
  );
}
