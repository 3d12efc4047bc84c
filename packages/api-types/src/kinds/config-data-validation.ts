import type { FieldError } from '../errors.ts';
import type { ConfigMap, Secret } from '../generated/types.ts';
import { base64Size, fromBase64 } from '../lib/base64.ts';
import { semanticEqual } from '../lib/semantic-equal.ts';
import { addProblems, forbidden, invalidValue, required, tooLong } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { configMapKeyProblems } from '../validation/names.ts';
import { validateImmutable } from '../validation/object-meta.ts';

const maxDataBytes = 1024 * 1024;
const data = FieldPath.of('data');
const binaryData = FieldPath.of('binaryData');
/** The whole object, which has no name. */
const wholeObject = FieldPath.of('');
const immutablePath = FieldPath.of('immutable');
const lockedText = 'field is immutable when `immutable` is set';

/** The rules of a ConfigMap. */
export function validateConfigMap(configMap: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(configMap.data ?? {})) {
    addProblems(data.key(key), key, configMapKeyProblems(key), errors);
    if (configMap.binaryData && Object.hasOwn(configMap.binaryData, key)) {
      errors.push(invalidValue(data.key(key), key, 'duplicate of key present in binaryData'));
    }
    size += utf8Size(value);
  }
  for (const [key, value] of Object.entries(configMap.binaryData ?? {})) {
    addProblems(binaryData.key(key), key, configMapKeyProblems(key), errors);
    size += validateBase64(value, binaryData.key(key), errors);
  }
  if (size > maxDataBytes) errors.push(tooLong(wholeObject, maxDataBytes));
  return errors;
}

/** What of an immutable ConfigMap may not change. */
export function validateConfigMapUpdate(next: ConfigMap, previous: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  if (!previous.immutable) return errors;
  if (!next.immutable) errors.push(forbidden(immutablePath, lockedText));
  if (!semanticEqual(next.data, previous.data)) errors.push(forbidden(data, lockedText));
  if (!semanticEqual(next.binaryData, previous.binaryData)) errors.push(forbidden(binaryData, lockedText));
  return errors;
}

/** The rules of a Secret: keys, size, and what its type promises. */
export function validateSecret(secret: Secret): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(secret.data ?? {})) {
    addProblems(data.key(key), key, configMapKeyProblems(key), errors);
    size += validateBase64(value, data.key(key), errors);
  }
  if (size > maxDataBytes) errors.push(tooLong(data, maxDataBytes));
  validateSecretType(secret, errors);
  return errors;
}

/** What of a Secret may not change: its type, and everything once it is immutable. */
export function validateSecretUpdate(next: Secret, previous: Secret): FieldError[] {
  const errors: FieldError[] = [];
  validateImmutable(next.type, previous.type, FieldPath.of('type'), errors);
  if (!previous.immutable) return errors;
  if (!next.immutable) errors.push(forbidden(immutablePath, lockedText));
  if (!semanticEqual(next.data, previous.data)) errors.push(forbidden(data, lockedText));
  return errors;
}

const accountAnnotation = 'kubernetes.io/service-account.name';

function validateSecretType(secret: Secret, errors: FieldError[]): void {
  const has = (key: string): boolean => secret.data !== undefined && Object.hasOwn(secret.data, key);
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      if (!secret.metadata.annotations?.[accountAnnotation]) {
        errors.push(required(FieldPath.of('metadata').child('annotations').key(accountAnnotation)));
      }
      break;
    case 'kubernetes.io/dockercfg':
      validateJsonKey(secret, '.dockercfg', errors);
      break;
    case 'kubernetes.io/dockerconfigjson':
      validateJsonKey(secret, '.dockerconfigjson', errors);
      break;
    case 'kubernetes.io/basic-auth':
      if (has('username') || has('password')) break;
      errors.push(required(data.key('username')), required(data.key('password')));
      break;
    case 'kubernetes.io/ssh-auth':
      if (!secret.data?.['ssh-privatekey']) errors.push(required(data.key('ssh-privatekey')));
      break;
    case 'kubernetes.io/tls':
      for (const key of ['tls.crt', 'tls.key']) if (!has(key)) errors.push(required(data.key(key)));
      break;
    default:
      break;
  }
}

function validateJsonKey(secret: Secret, key: string, errors: FieldError[]): void {
  const encoded = secret.data?.[key];
  if (encoded === undefined) {
    errors.push(required(data.key(key)));
    return;
  }
  const problem = jsonProblem(fromBase64(encoded));
  if (problem) errors.push(invalidValue(data.key(key), '<secret contents redacted>', problem));
}

function jsonProblem(text: string | undefined): string | undefined {
  if (!text?.trim()) return 'unexpected end of JSON input';
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return undefined;
    return 'json: cannot unmarshal value into Go value of type map[string]interface {}';
  } catch {
    // Not JSON. The engine's own message would repeat part of the secret.
    return `invalid character '${text.trim().charAt(0)}' looking for beginning of value`;
  }
}

/** The number of bytes; 0, and an error, for what is no base64. */
function validateBase64(value: string, path: FieldPath, errors: FieldError[]): number {
  const size = base64Size(value);
  if (size === undefined) errors.push(invalidValue(path, '<contents redacted>', 'illegal base64 data'));
  return size ?? 0;
}

function utf8Size(text: string): number {
  return new TextEncoder().encode(text).length;
}
