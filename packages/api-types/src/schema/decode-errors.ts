import { ApiError } from '../errors.ts';

/** A kind as objects name it. */
export interface KindReference {
  readonly apiVersion: string;
  readonly kind: string;
}

const maxSummaryLength = 30;
/** Where Kubernetes' own packages say the kind is registered; clients see it in the message. */
const scheme = '"pkg/api/legacyscheme/scheme.go:30"';

/** `Deployment in version "v1" cannot be handled as a Deployment: …` */
export function cannotBeHandled(given: KindReference, expected: KindReference, why: string): ApiError {
  const version = given.apiVersion.split('/').at(-1) ?? '';
  return badRequest(`${given.kind} in version "${version}" cannot be handled as a ${expected.kind}: ${why}`);
}

/** What nobody can tell the kind of: no JSON, no object. */
export function unrecognized(expected: KindReference | undefined, why: string, body: string | Uint8Array): ApiError {
  if (!expected) return badRequest(why);
  return badRequest(
    `the object provided is unrecognized (must be of type ${expected.kind}): ${why} (${summarize(body)})`,
  );
}

/** Why an object of this kind cannot be decoded at all. */
export function notRegistered(given: KindReference): string {
  return `no kind "${given.kind}" is registered for version "${given.apiVersion}" in scheme ${scheme}`;
}

/** Why an object of one kind is no other: Go's packages name the types. */
export function unknownConversion(given: KindReference, expected: KindReference): string {
  const version = given.apiVersion.split('/').at(-1) ?? '';
  return `converting (${version}.${given.kind}) to (${internalPackage(expected.apiVersion)}.${expected.kind}): unknown conversion`;
}

/**
 * What strict field validation answers (`fieldValidation=Strict`); undefined where nothing was found.
 */
export function strictDecodingError(
  kind: KindReference,
  found: { readonly unknownFields: readonly string[]; readonly duplicateFields: readonly string[] },
): ApiError | undefined {
  const problems = fieldWarnings(found);
  if (problems.length === 0) return undefined;
  return cannotBeHandled(kind, kind, `strict decoding error: ${problems.join(', ')}`);
}

/** The same, one text each, for the `Warning` headers of `fieldValidation=Warn`. */
export function fieldWarnings(found: {
  readonly unknownFields: readonly string[];
  readonly duplicateFields: readonly string[];
}): string[] {
  return [
    ...found.unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`),
    ...found.duplicateFields.map((path) => `duplicate field ${JSON.stringify(path)}`),
  ];
}

function badRequest(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

function internalPackage(apiVersion: string): string {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : 'core';
  return group.split('.')[0] ?? '';
}

function summarize(body: string | Uint8Array): string {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body.slice(0, maxSummaryLength + 1)) : body;
  if (bytes.length === 0) return '<empty>';
  const head = bytes.subarray(0, maxSummaryLength);
  const more = bytes.length > maxSummaryLength ? ' ...' : '';
  const isObject = bytes[0] === 0x7b;
  return (isObject ? new TextDecoder().decode(head) : toHex(head)) + more;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
