import { DecodeFailure } from '../failure.ts';
import type { FieldSchema, ScalarName, StructSchema, ValueType } from '../field-table.ts';
import { type ProtobufReader, wireBytes, wireFixed64, wireVarint } from './reader.ts';

type JsonObject = Record<string, unknown>;

/**
 * Reads one message as the JSON object it stands for. Go writes the zero values of fields that are no pointers, so
 * what comes out still has to be tidied as JSON is. Fields with unknown numbers are passed over.
 * @throws DecodeFailure for bytes that are no such message
 */
export function readMessage(reader: ProtobufReader, struct: StructSchema): JsonObject {
  const object: JsonObject = {};
  readInto(object, reader, struct);
  return object;
}

function readInto(object: JsonObject, reader: ProtobufReader, struct: StructSchema): void {
  while (!reader.isAtEnd) {
    const { number, wireType } = reader.tag();
    const target = struct.wire.get(number);
    if (target === undefined) reader.skip(wireType);
    else if (target.form === 'embedded') readInto(object, reader.message(), target.struct);
    else readField(object, reader, wireType, target.field);
  }
}

function readField(object: JsonObject, reader: ProtobufReader, wireType: number, field: FieldSchema): void {
  const { name, type } = field;
  switch (type.form) {
    case 'scalar':
    case 'struct':
    case 'items':
      object[name] = readValue(reader, wireType, type, name);
      return;
    case 'list': {
      const list = listAt(object, name);
      if (wireType === wireBytes && isNumeric(type.element)) readPacked(list, reader.message(), type.element, name);
      else list.push(readValue(reader, wireType, type.element, name));
      return;
    }
    case 'map': {
      const [key, value] = readEntry(reader.message(), type.element, name);
      // A key may be `__proto__`, which plain assignment would take for something else.
      Object.defineProperty(mapAt(object, name), key, { value, writable: true, enumerable: true, configurable: true });
      return;
    }
  }
}

function listAt(object: JsonObject, name: string): unknown[] {
  const present = object[name];
  if (Array.isArray(present)) return present;
  const list: unknown[] = [];
  object[name] = list;
  return list;
}

function mapAt(object: JsonObject, name: string): JsonObject {
  const map = (object[name] ?? {}) as JsonObject;
  object[name] = map;
  return map;
}

function readPacked(list: unknown[], reader: ProtobufReader, element: ValueType, name: string): void {
  const wireType = element.form === 'scalar' && element.scalar === 'float64' ? wireFixed64 : wireVarint;
  while (!reader.isAtEnd) list.push(readValue(reader, wireType, element, name));
}

function readEntry(reader: ProtobufReader, element: ValueType, name: string): [string, unknown] {
  let key = '';
  let value: unknown = null;
  while (!reader.isAtEnd) {
    const { number, wireType } = reader.tag();
    if (number === 1) key = reader.string();
    else if (number === 2) value = readValue(reader, wireType, element, name);
    else reader.skip(wireType);
  }
  return [key, value];
}

function readValue(reader: ProtobufReader, wireType: number, type: ValueType, name: string): unknown {
  expectWireType(type, wireType, name);
  switch (type.form) {
    case 'scalar':
      return readScalar(reader, type.scalar);
    case 'struct':
      return readMessage(reader.message(), type.struct);
    case 'items':
      return readItems(reader.message());
    case 'list':
    case 'map':
      throw new DecodeFailure(`proto: field ${name} cannot be read`);
  }
}

function readScalar(reader: ProtobufReader, scalar: ScalarName): unknown {
  switch (scalar) {
    case 'string':
      return reader.string();
    case 'bool':
      return reader.varint() !== 0;
    case 'int32':
    case 'int64':
      return reader.varint();
    case 'float64':
      return reader.double();
    case 'bytes':
      return toBase64(reader.bytes());
    case 'Time':
      return readTime(reader.message(), 0);
    case 'MicroTime':
      return readTime(reader.message(), 6);
    case 'Quantity':
      return readText(reader.message()) || '0';
    case 'IntOrString':
      return readIntOrString(reader.message());
    case 'RawExtension':
    case 'FieldsV1':
      return readRawJson(reader.message());
  }
}

function isNumeric(type: ValueType): boolean {
  return type.form === 'scalar' && ['bool', 'int32', 'int64', 'float64'].includes(type.scalar);
}

function expectWireType(type: ValueType, wireType: number, name: string): void {
  const isDouble = type.form === 'scalar' && type.scalar === 'float64';
  const expected = isDouble ? wireFixed64 : isNumeric(type) ? wireVarint : wireBytes;
  if (wireType !== expected) throw new DecodeFailure(`proto: wrong wireType = ${wireType} for field ${name}`);
}

/** RFC 3339 with this many decimals; null for Go's zero time, which has no fields on the wire. */
function readTime(reader: ProtobufReader, decimals: number): string | null {
  let seconds: number | undefined;
  let nanos = 0;
  while (!reader.isAtEnd) {
    const { number, wireType } = reader.tag();
    if (number === 1) seconds = reader.varint();
    else if (number === 2) nanos = reader.varint();
    else reader.skip(wireType);
  }
  if (seconds === undefined) return null;
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new DecodeFailure('proto: time out of range');
  const text = date.toISOString().slice(0, 19);
  return decimals === 0 ? `${text}Z` : `${text}.${String(nanos).padStart(9, '0').slice(0, decimals)}Z`;
}

function readIntOrString(reader: ProtobufReader): number | string {
  let isString = false;
  let int = 0;
  let text = '';
  while (!reader.isAtEnd) {
    const { number, wireType } = reader.tag();
    if (number === 1) isString = reader.varint() === 1;
    else if (number === 2) int = reader.varint();
    else if (number === 3) text = reader.string();
    else reader.skip(wireType);
  }
  return isString ? text : int;
}

/** A message with nothing but a string (or bytes) under 1. */
function readText(reader: ProtobufReader): string {
  let text = '';
  while (!reader.isAtEnd) {
    const { number, wireType } = reader.tag();
    if (number === 1) text = reader.string();
    else reader.skip(wireType);
  }
  return text;
}

function readItems(reader: ProtobufReader): string[] {
  const items: string[] = [];
  while (!reader.isAtEnd) {
    const { number, wireType } = reader.tag();
    if (number === 1) items.push(reader.string());
    else reader.skip(wireType);
  }
  return items;
}

function readRawJson(reader: ProtobufReader): unknown {
  const text = readText(reader);
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    // Raw may hold protobuf, which only typed clients of other versions send; nothing served here has such a field.
    throw new DecodeFailure('json: raw value is not valid JSON');
  }
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 0x2000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x2000));
  return btoa(binary);
}
