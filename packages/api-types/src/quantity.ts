import { nanosPerUnit, type Quantity, QuantityError, quantityOf } from './quantity-parse.ts';

export type { Quantity, QuantityFormat } from './quantity-parse.ts';
export { QuantityError, quantityOf } from './quantity-parse.ts';

const nanosPerMilli = 1_000_000n;
const codeOfZero = 48;
const codeOfNine = 57;
const codeOfDot = 46;
/** Integers of this many digits are exact as a number even after three more decimal places are appended. */
const maxFastDigits = 12;

/**
 * The amount in base units (cores, bytes, pods) as a number; fractions stay. Exact while a double is.
 * @throws QuantityError
 */
export function parseQuantity(text: string): number {
  const milli = fastMilli(text);
  if (milli >= 0) return milli / 1000;
  const bytes = fastBytes(text);
  if (bytes >= 0) return bytes;
  const { nanos } = quantityOf(text);
  const whole = nanos / nanosPerUnit;
  return Number(whole) + Number(nanos - whole * nanosPerUnit) / 1e9;
}

/**
 * Thousandths of a base unit, rounded up (away from zero) as Kubernetes' `MilliValue` does: milli-cpu for cpu.
 * @throws QuantityError
 */
export function parseCpuMilli(text: string): number {
  const milli = fastMilli(text);
  return milli >= 0 ? milli : Number(divideAwayFromZero(quantityOf(text).nanos, nanosPerMilli));
}

/**
 * Whole base units, rounded up (away from zero) as Kubernetes' `Value` does: bytes for memory, a count for pods.
 * @throws QuantityError
 */
export function parseBytes(text: string): number {
  const bytes = fastBytes(text);
  return bytes >= 0 ? bytes : Number(divideAwayFromZero(quantityOf(text).nanos, nanosPerUnit));
}

/** What is wrong with a quantity, in Kubernetes' words; undefined where it is well-formed. */
export function quantityProblem(text: string): string | undefined {
  if (fastMilli(text) >= 0 || fastBytes(text) >= 0) return undefined;
  try {
    quantityOf(text);
    return undefined;
  } catch (error) {
    if (error instanceof QuantityError) return error.message;
    throw error;
  }
}

/**
 * Less than 0, 0 or more than 0 as `a` is less than, equal to or greater than `b`; exact.
 * @throws QuantityError
 */
export function compareQuantities(a: string, b: string): number {
  if (a === b) return 0;
  const milliA = fastMilli(a);
  const milliB = fastMilli(b);
  if (milliA >= 0 && milliB >= 0) return milliA - milliB;
  const bytesA = fastBytes(a);
  const bytesB = fastBytes(b);
  if (bytesA >= 0 && bytesB >= 0) return bytesA - bytesB;
  const x = quantityOf(a).nanos;
  const y = quantityOf(b).nanos;
  return x < y ? -1 : x > y ? 1 : 0;
}

/**
 * The form in which Kubernetes shows a quantity: no fraction, the largest suffix of the family it was written in
 * (`1000m` is `1`, `0.5Gi` is `512Mi`, `1.5` is `1500m`).
 * @throws QuantityError
 */
export function canonicalQuantity(text: string): string {
  return isSurelyCanonical(text) ? text : formatQuantity(quantityOf(text));
}

/** Milli-cpu as a canonical quantity: 1500 is `1500m`, 2000 is `2`. */
export function formatCpuMilli(milli: number): string {
  return formatQuantity({ nanos: BigInt(Math.ceil(milli)) * nanosPerMilli, format: 'DecimalSI' });
}

/** Bytes as a canonical quantity with a binary suffix where it loses nothing: 536870912 is `512Mi`. */
export function formatBytes(bytes: number): string {
  return formatQuantity({ nanos: BigInt(Math.ceil(bytes)) * nanosPerUnit, format: 'BinarySI' });
}

const decimalSuffixes = new Map([
  [-9, 'n'],
  [-6, 'u'],
  [-3, 'm'],
  [0, ''],
  [3, 'k'],
  [6, 'M'],
  [9, 'G'],
  [12, 'T'],
  [15, 'P'],
  [18, 'E'],
]);
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

/** A quantity in canonical form; see {@link canonicalQuantity}. */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  const size = nanos < 0n ? -nanos : nanos;
  const isWhole = size % nanosPerUnit === 0n;
  if (format === 'BinarySI' && isWhole && size >= 1024n * nanosPerUnit) return formatBinary(nanos / nanosPerUnit);
  return formatDecimal(nanos, format === 'DecimalExponent');
}

function formatBinary(units: bigint): string {
  let value = units;
  let power = 0;
  while (power < binarySuffixes.length - 1 && value % 1024n === 0n) {
    value /= 1024n;
    power += 1;
  }
  return `${value}${binarySuffixes[power] ?? ''}`;
}

function formatDecimal(nanos: bigint, usesExponent: boolean): string {
  let value = nanos;
  let exponent = -9;
  const largest = usesExponent ? Number.POSITIVE_INFINITY : 18;
  while (exponent < largest && value % 1000n === 0n) {
    value /= 1000n;
    exponent += 3;
  }
  if (usesExponent) return exponent === 0 ? `${value}` : `${value}e${exponent}`;
  return `${value}${decimalSuffixes.get(exponent) ?? ''}`;
}

function divideAwayFromZero(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (quotient * divisor === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

/** Milli-units of `12`, `0.5` and `250m`, the forms nearly every manifest has; -1 sends the caller to the exact parser. */
function fastMilli(text: string): number {
  const length = text.length;
  let value = 0;
  let index = 0;
  for (; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < codeOfZero || code > codeOfNine) break;
    value = value * 10 + (code - codeOfZero);
  }
  if (index === 0 || index > maxFastDigits) return -1;
  if (index === length) return value * 1000;
  if (text.charCodeAt(index) === codeOfDot) return fastFraction(text, index + 1, value);
  return index === length - 1 && text[index] === 'm' ? value : -1;
}

function fastFraction(text: string, start: number, whole: number): number {
  const places = text.length - start;
  if (places < 1 || places > 3) return -1;
  let value = whole;
  for (let index = start; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < codeOfZero || code > codeOfNine) return -1;
    value = value * 10 + (code - codeOfZero);
  }
  return places === 3 ? value : places === 2 ? value * 10 : value * 100;
}

/** Bytes of `1024`, `128Ki`, `64Mi`, `2Gi`, `1k`, `5M`, `3G`; -1 sends the caller to the exact parser. */
function fastBytes(text: string): number {
  const length = text.length;
  let value = 0;
  let index = 0;
  for (; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < codeOfZero || code > codeOfNine) break;
    value = value * 10 + (code - codeOfZero);
  }
  if (index === 0 || index > maxFastDigits) return -1;
  if (index === length) return value;
  const bytes = value * fastMultiplier(text, index);
  return bytes <= Number.MAX_SAFE_INTEGER ? bytes : -1;
}

function fastMultiplier(text: string, index: number): number {
  const rest = text.length - index;
  if (rest === 2 && text[index + 1] === 'i') {
    const letter = text[index];
    return letter === 'M' ? 1048576 : letter === 'G' ? 1073741824 : letter === 'K' ? 1024 : Number.NaN;
  }
  if (rest !== 1) return Number.NaN;
  const letter = text[index];
  return letter === 'M' ? 1e6 : letter === 'G' ? 1e9 : letter === 'k' ? 1000 : Number.NaN;
}

/** True for the plain canonical forms (`0`, `250m`, `64Mi`, `3`), where no work is needed; false tells nothing. */
function isSurelyCanonical(text: string): boolean {
  return /^(?:0|[1-9][0-9]{0,2}(?:|m|k|M|G|Ki|Mi|Gi))$/.test(text);
}
