import { type FieldSchema, type ScalarName, type StructSchema, schemaOfKind, type ValueType } from '../field-table.ts';
import { ProtobufWriter } from '../protobuf/writer.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Encodes an object as Go's typed clients do, for tests: the zero values of fields that are no pointers are written,
 * embedded structs are messages of their own, and all sits in the `k8s` envelope.
 */
export function encodeProtobuf(object: JsonObject & { apiVersion: string; kind: string }): Uint8Array {
  const struct = schemaOfKind(object);
  if (!struct) throw new Error(`no schema for ${object.apiVersion} ${object.kind}`);
  const unknown = new ProtobufWriter()
    .message(1, (typeMeta) => typeMeta.string(1, object.apiVersion).string(2, object.kind))
    .message(2, (raw) => writeStruct(raw, struct, object))
    .bytes(3, new Uint8Array())
    .bytes(4, new Uint8Array());
  return Uint8Array.from([0x6b, 0x38, 0x73, 0, ...unknown.finish()]);
}

function writeStruct(writer: ProtobufWriter, struct: StructSchema, object: JsonObject): void {
  for (const [number, target] of struct.wire) {
    if (target.form === 'embedded') writer.message(number, (inner) => writeStruct(inner, target.struct, object));
    else writeField(writer, number, target.field, object[target.field.name]);
  }
}

function writeField(writer: ProtobufWriter, number: number, field: FieldSchema, value: unknown): void {
  const { type } = field;
  if (value === undefined && field.isPointer) return;
  switch (type.form) {
    case 'list':
      for (const element of (value ?? []) as unknown[]) writeValue(writer, number, type.element, element);
      return;
    case 'map':
      for (const [key, member] of Object.entries(value ?? {})) {
        writer.message(number, (entry) => writeValue(entry.string(1, key), 2, type.element, member));
      }
      return;
    default:
      writeValue(writer, number, type, value);
  }
}

function writeValue(writer: ProtobufWriter, number: number, type: ValueType, value: unknown): void {
  switch (type.form) {
    case 'struct':
      writer.message(number, (inner) => writeStruct(inner, type.struct, (value ?? {}) as JsonObject));
      return;
    case 'items':
      writer.message(number, (inner) => inner.strings(1, value as string[]));
      return;
    case 'scalar':
      writeScalar(writer, number, type.scalar, value);
      return;
    case 'list':
    case 'map':
      throw new Error('protobuf has no lists of lists');
  }
}

function writeScalar(writer: ProtobufWriter, number: number, scalar: ScalarName, value: unknown): void {
  switch (scalar) {
    case 'string':
      writer.bytes(number, new TextEncoder().encode((value as string | undefined) ?? ''));
      return;
    case 'bytes':
      writer.bytes(number, Uint8Array.from(Buffer.from((value as string | undefined) ?? '', 'base64')));
      return;
    case 'bool':
      writer.varint(number, value === true ? 1 : 0);
      return;
    case 'int32':
    case 'int64':
      writer.varint(number, (value as number | undefined) ?? 0);
      return;
    case 'Time':
    case 'MicroTime':
      writer.message(number, (time) => {
        if (typeof value === 'string') writeTime(time, value);
      });
      return;
    case 'Quantity':
      writer.message(number, (quantity) => quantity.string(1, (value as string | undefined) ?? '0'));
      return;
    case 'IntOrString':
      writer.message(number, (either) => {
        either.varint(1, typeof value === 'string' ? 1 : 0).varint(2, typeof value === 'number' ? value : 0);
        either.bytes(3, new TextEncoder().encode(typeof value === 'string' ? value : ''));
      });
      return;
    case 'RawExtension':
    case 'FieldsV1':
      if (value !== undefined) writer.message(number, (raw) => raw.string(1, JSON.stringify(value)));
      return;
    case 'float64':
      throw new Error('no served type has a float');
  }
}

function writeTime(writer: ProtobufWriter, text: string): void {
  const fraction = /\.(\d+)Z$/.exec(text)?.[1] ?? '';
  writer.varint(1, Math.floor(Date.parse(text) / 1000)).varint(2, Number(fraction.padEnd(9, '0')));
}
