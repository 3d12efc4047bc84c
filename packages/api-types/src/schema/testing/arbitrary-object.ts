import fc from 'fast-check';
import { type ScalarName, type StructSchema, schemaOfKind, type ValueType } from '../field-table.ts';

type JsonObject = Record<string, unknown>;

const quantities = ['0', '1', '100m', '1500m', '64Mi', '2Gi', '5k'];
const times = ['2026-01-02T03:04:05Z', '1999-12-31T23:59:59Z', '1970-01-01T00:00:00Z'];

/** Objects of a kind with any of the fields of its type, for property tests; canonical, but not what Go has written. */
export function arbitraryObject(kind: { apiVersion: string; kind: string }): fc.Arbitrary<JsonObject> {
  const struct = schemaOfKind(kind);
  if (!struct) throw new Error(`no schema for ${kind.apiVersion} ${kind.kind}`);
  return arbitraryStruct(struct, 4).map((object) => ({ ...object, apiVersion: kind.apiVersion, kind: kind.kind }));
}

function arbitraryStruct(struct: StructSchema, depth: number): fc.Arbitrary<JsonObject> {
  const fields = [...struct.fields.values()].filter((field) => depth > 0 || field.type.form === 'scalar');
  return fc
    .subarray(fields, { maxLength: Math.min(6, fields.length) })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map((field) => [field.name, arbitraryValue(field.type, depth - 1)]))),
    );
}

function arbitraryValue(type: ValueType, depth: number): fc.Arbitrary<unknown> {
  switch (type.form) {
    case 'struct':
      return arbitraryStruct(type.struct, depth);
    case 'list':
    case 'items':
      return fc.array(arbitraryValue(type.element, depth), { maxLength: 3 });
    case 'map':
      return fc.dictionary(fc.string({ maxLength: 4 }), arbitraryValue(type.element, depth), { maxKeys: 3 });
    case 'scalar':
      return arbitraryScalar(type.scalar);
  }
}

function arbitraryScalar(scalar: ScalarName): fc.Arbitrary<unknown> {
  switch (scalar) {
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 5 });
    case 'bool':
      return fc.boolean();
    case 'int32':
      return fc.integer();
    case 'int64':
      return fc.maxSafeInteger();
    case 'float64':
      return fc.double();
    case 'bytes':
      return fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    case 'Time':
      return fc.constantFrom(...times);
    case 'MicroTime':
      return fc.constantFrom(...times).map((time) => time.replace('Z', '.123456Z'));
    case 'Quantity':
      return fc.constantFrom(...quantities);
    case 'IntOrString':
      return fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom('http', '25%'));
    case 'RawExtension':
    case 'FieldsV1':
      return fc.constant({ 'f:metadata': {} });
  }
}
