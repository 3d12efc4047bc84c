import {
  cannotBeHandled,
  type KindReference,
  notRegistered,
  unknownConversion,
  unrecognized,
} from './decode-errors.ts';
import { DecodeFailure } from './failure.ts';
import { type StructSchema, schemaOfKind } from './field-table.ts';
import { countMembers, countMembersInText, JsonScanner, JsonSyntaxError } from './json-scanner.ts';
import { openEnvelope } from './protobuf/envelope.ts';
import { readMessage } from './protobuf/message.ts';
import { ProtobufReader } from './protobuf/reader.ts';
import { isJsonObject, walkTyped } from './typed-walk.ts';
import { parseYaml, YamlProblem } from './yaml.ts';

/** An object as its kind's types describe it; nothing is defaulted or validated yet. */
export interface DecodedObject {
  apiVersion: string;
  kind: string;
  [field: string]: unknown;
}

export interface Decoded {
  readonly object: DecodedObject;
  /** Dropped from `object`, in Kubernetes' path spelling: `spec.template.spec.containers[0].foo`. */
  readonly unknownFields: readonly string[];
  /** Keys that occurred twice in one JSON or YAML object; the last one won. */
  readonly duplicateFields: readonly string[];
}

/** How Go prints the type it reads `apiVersion` and `kind` into. */
const typeMetaType =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/**
 * Reads a JSON body as an object of the kind it names, as the Kubernetes API server would. With `expected`, a missing
 * `apiVersion` or `kind` is taken from there, and any other kind is refused.
 * @throws ApiError BadRequest with Kubernetes' message
 */
export function decodeJson(text: string, expected: KindReference | undefined): Decoded {
  const { value, duplicateFields } = parseJson(text, expected);
  return decodeParsed(value, expected, text, duplicateFields);
}

/**
 * The same for a YAML body, which must be a single document.
 * @throws ApiError BadRequest
 */
export function decodeYaml(text: string, expected: KindReference | undefined): Decoded {
  try {
    const { value, duplicateFields } = parseYaml(text);
    return decodeParsed(value, expected, text, duplicateFields);
  } catch (error) {
    if (error instanceof YamlProblem) throw unrecognized(expected, error.message, text);
    throw error;
  }
}

/**
 * The same for a value already parsed, such as a patched object. `value` is not changed; unchanged parts are shared.
 * @throws ApiError BadRequest
 */
export function decodeValue(value: unknown, expected: KindReference | undefined): Decoded {
  return decodeParsed(value, expected, undefined, []);
}

/**
 * The same for a protobuf body (`application/vnd.kubernetes.protobuf`). Fields the server does not know leave no trace.
 * @throws ApiError BadRequest
 */
export function decodeProtobuf(bytes: Uint8Array, expected: KindReference | undefined): Decoded {
  try {
    const { apiVersion, kind, raw } = openEnvelope(bytes);
    const given = kindOf({ apiVersion, kind }, expected, () => '');
    const struct = schemaFor(given, expected ?? given, expected !== undefined);
    return decodeParsed({ ...given, ...readMessage(new ProtobufReader(raw), struct) }, expected, '', []);
  } catch (error) {
    if (error instanceof DecodeFailure) throw unrecognized(expected, error.message, bytes);
    throw error;
  }
}

function decodeParsed(
  value: unknown,
  expected: KindReference | undefined,
  text: string | undefined,
  duplicateFields: readonly string[],
): Decoded {
  const body = () => text ?? JSON.stringify(value) ?? '';
  const document = value === null && expected ? {} : value;
  if (!isJsonObject(document)) throw unrecognized(expected, notAnObject(document), body());
  const given = kindOf(document, expected, body);
  const target = expected ?? given;
  const struct = schemaFor(given, target, expected !== undefined);
  try {
    const { object, unknownFields } = walkTyped(document, struct);
    return { object: withKind(object, given), unknownFields, duplicateFields };
  } catch (error) {
    if (error instanceof DecodeFailure) throw cannotBeHandled(given, target, error.message);
    throw error;
  }
}

function schemaFor(given: KindReference, target: KindReference, isExpected: boolean): StructSchema {
  const struct = schemaOfKind(given);
  if (!struct) {
    throw isExpected
      ? cannotBeHandled(given, target, notRegistered(given))
      : unrecognized(undefined, notRegistered(given), '');
  }
  if (struct !== schemaOfKind(target)) throw cannotBeHandled(given, target, unknownConversion(given, target));
  return struct;
}

function kindOf(
  document: Readonly<Record<string, unknown>>,
  expected: KindReference | undefined,
  body: () => string,
): KindReference {
  const { apiVersion = '', kind = '' } = document;
  for (const [name, value] of Object.entries({ apiVersion, kind })) {
    if (typeof value === 'string' || value === null) continue;
    const why = `json: cannot unmarshal ${typeOf(value)} into Go struct field .${name} of type string`;
    throw unrecognized(expected, `couldn't get version/kind; json parse error: ${why}`, body());
  }
  const given = { apiVersion: String(apiVersion ?? ''), kind: String(kind ?? '') };
  if (expected) return { apiVersion: given.apiVersion || expected.apiVersion, kind: given.kind || expected.kind };
  for (const [name, value] of [['Kind', given.kind] as const, ['apiVersion', given.apiVersion] as const]) {
    if (value === '') throw unrecognized(undefined, `Object '${name}' is missing in '${body()}'`, body());
  }
  return given;
}

function withKind(object: Record<string, unknown>, given: KindReference): DecodedObject {
  if (object.kind === given.kind && object.apiVersion === given.apiVersion) return object as DecodedObject;
  return { ...given, ...object, ...given };
}

function notAnObject(value: unknown): string {
  const why = `json: cannot unmarshal ${typeOf(value)} into Go value of type ${typeMetaType}`;
  return `couldn't get version/kind; json parse error: ${why}`;
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

interface Parsed {
  readonly value: unknown;
  readonly duplicateFields: readonly string[];
}

function parseJson(text: string, expected: KindReference | undefined): Parsed {
  try {
    const value: unknown = JSON.parse(text);
    const isClean = countMembers(value) === countMembersInText(text);
    return { value, duplicateFields: isClean ? [] : new JsonScanner(text).findDuplicates() };
  } catch (error) {
    throw unrecognized(expected, `couldn't get version/kind; json parse error: ${syntaxProblem(text, error)}`, text);
  }
}

function syntaxProblem(text: string, cause: unknown): string {
  if (cause instanceof JsonSyntaxError) return cause.message;
  if (!(cause instanceof SyntaxError)) throw cause;
  try {
    new JsonScanner(text).findDuplicates();
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
  return cause.message;
}
