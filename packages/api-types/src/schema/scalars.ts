import { canonicalQuantity, QuantityError } from '../quantity.ts';
import { checkBase64 } from './base64.ts';
import { DecodeFailure } from './failure.ts';
import type { ScalarName } from './field-table.ts';

/** What a scalar's decoder answers when the JSON type does not fit; the caller knows the path for the message. */
export const wrongType = Symbol('wrong type');

const maxInt32 = 2 ** 31 - 1;
const utcSeconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;

/**
 * The value as Kubernetes would write it again (quantities canonical, times in UTC), {@link wrongType} where the JSON
 * type is wrong, or `undefined` for what counts as absent.
 * @throws DecodeFailure for a right type with a wrong value
 */
export function decodeScalar(scalar: ScalarName, value: unknown): unknown {
  switch (scalar) {
    case 'string':
      return typeof value === 'string' ? value : wrongType;
    case 'bool':
      return typeof value === 'boolean' ? value : wrongType;
    case 'int32':
      return isInteger(value) && value <= maxInt32 && value >= -maxInt32 - 1 ? value : wrongType;
    case 'int64':
      return isInteger(value) ? value : wrongType;
    case 'float64':
      return typeof value === 'number' ? value : wrongType;
    case 'bytes':
      return typeof value === 'string' ? checkBase64(value) : wrongType;
    case 'Time':
      return typeof value === 'string' ? normaliseTime(value, 0) : wrongType;
    case 'MicroTime':
      return typeof value === 'string' ? normaliseTime(value, 6) : wrongType;
    case 'Quantity':
      return decodeQuantity(value);
    case 'IntOrString':
      return typeof value === 'string' ? value : decodeScalar('int32', value);
    case 'RawExtension':
    case 'FieldsV1':
      return value;
  }
}

/** What Go has where a field was not given; `undefined` for types whose zero value is written as null. */
export function zeroOf(scalar: ScalarName): unknown {
  switch (scalar) {
    case 'string':
    case 'bytes':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'float64':
    case 'IntOrString':
      return 0;
    case 'Quantity':
      return '0';
    case 'Time':
    case 'MicroTime':
    case 'RawExtension':
    case 'FieldsV1':
      return undefined;
  }
}

/** The JSON type as Go's errors name it; numbers with their text where a Go integer cannot hold them. */
export function jsonTypeName(scalar: ScalarName | undefined, value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'number') return typeof value;
  return scalar === 'int32' || scalar === 'int64' || scalar === 'IntOrString' ? `number ${value}` : 'number';
}

function isInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63;
}

function decodeQuantity(value: unknown): unknown {
  const text = typeof value === 'number' ? String(value) : value;
  try {
    // Go hands anything that is no string to the quantity parser as it stands.
    return canonicalQuantity(typeof text === 'string' ? text : JSON.stringify(text));
  } catch (error) {
    if (error instanceof QuantityError) throw new DecodeFailure(error.message);
    throw error;
  }
}

function normaliseTime(text: string, decimals: number): string | undefined {
  if (decimals === 0 && utcSeconds.test(text) && isValidTime(text)) return text;
  const match = rfc3339.exec(text);
  const [, local = '', fraction = '', zone = ''] = match ?? [];
  const time = match ? Date.parse(`${local}${zone}`) : Number.NaN;
  if (Number.isNaN(time) || !isValidTime(`${local}Z`)) throw new DecodeFailure(timeProblem(text));
  const seconds = new Date(time).toISOString().slice(0, 19);
  return decimals === 0 ? `${seconds}Z` : `${seconds}.${fraction.padEnd(decimals, '0').slice(0, decimals)}Z`;
}

/** Date.parse takes 31 April for 1 May. */
function isValidTime(utc: string): boolean {
  const time = Date.parse(utc);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 19) === utc.slice(0, 19);
}

function timeProblem(text: string): string {
  const quoted = JSON.stringify(text);
  const layout = '"2006-01-02T15:04:05Z07:00"';
  if (rfc3339.test(text)) return `parsing time ${quoted}: day out of range`;
  const parts: [RegExp, string][] = [
    [/^\d{4}/, '2006'],
    [/^-/, '-'],
    [/^\d\d/, '01'],
    [/^-/, '-'],
    [/^\d\d/, '02'],
    [/^T/, 'T'],
    [/^\d\d/, '15'],
    [/^:/, ':'],
    [/^\d\d/, '04'],
    [/^:/, ':'],
    [/^\d\d(?:[.,]\d+)?/, '05'],
    [/^(?:Z|[+-]\d\d:\d\d)/, 'Z07:00'],
  ];
  let rest = text;
  for (const [part, name] of parts) {
    const match = part.exec(rest);
    if (!match) return `parsing time ${quoted} as ${layout}: cannot parse ${JSON.stringify(rest)} as "${name}"`;
    rest = rest.slice(match[0].length);
  }
  return `parsing time ${quoted}: extra text: ${JSON.stringify(rest)}`;
}
