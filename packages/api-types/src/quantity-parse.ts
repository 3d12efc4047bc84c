/** The family of suffixes a quantity was written in, which its canonical form keeps. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** An exact amount: billionths of a base unit, which is as fine as Kubernetes keeps it. */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

/** Not a quantity; the message is Kubernetes' own. */
export class QuantityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuantityError';
  }
}

export const nanosPerUnit = 1_000_000_000n;
/** Kubernetes caps binary quantities at the largest int64. */
const maxBinaryNanos = (2n ** 63n - 1n) * nanosPerUnit;
/** Beyond this an exponent only serves to exhaust memory: 1e300 is near the end of what a double holds. */
const maxExponent = 300;

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const wrongNumber = 'unable to parse numeric part of quantity';
const wrongSuffix = "unable to parse quantity's suffix";

const decimalExponents = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const binaryPowers = new Map([
  ['Ki', 1n],
  ['Mi', 2n],
  ['Gi', 3n],
  ['Ti', 4n],
  ['Pi', 5n],
  ['Ei', 6n],
]);

const shape = /^([+-]?)([0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const number = /^([0-9]*)(?:\.([0-9]*))?$/;
const exponentSuffix = /^[eE]([-+]?[0-9]+)$/;

/**
 * Parses a quantity exactly. What is finer than a billionth is rounded up (away from zero), so that who asks for
 * something gets something.
 * @throws QuantityError with Kubernetes' message
 */
export function quantityOf(text: string): Quantity {
  const match = shape.exec(text);
  if (!match) throw new QuantityError(wrongFormat);
  const [, sign = '', digits = '', suffix = ''] = match;
  const parts = number.exec(digits);
  if (!parts) throw new QuantityError(wrongFormat);
  const [, whole = '', fraction = ''] = parts;
  if (whole === '' && fraction === '') throw new QuantityError(wrongNumber);
  if (digits.length > maxExponent) throw new QuantityError(wrongNumber);
  const mantissa = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  return scaled(mantissa, fraction.length, suffix);
}

function scaled(mantissa: bigint, places: number, suffix: string): Quantity {
  const power = binaryPowers.get(suffix);
  if (power !== undefined) {
    const nanos = shiftDecimal(mantissa * 1024n ** power, 9 - places);
    const capped = nanos > maxBinaryNanos ? maxBinaryNanos : nanos < -maxBinaryNanos ? -maxBinaryNanos : nanos;
    return { nanos: capped, format: 'BinarySI' };
  }
  const decimal = decimalExponents.get(suffix);
  if (decimal !== undefined) return { nanos: shiftDecimal(mantissa, 9 - places + decimal), format: 'DecimalSI' };
  const exponent = Number(exponentSuffix.exec(suffix)?.[1] ?? Number.NaN);
  if (!(Math.abs(exponent) <= maxExponent)) throw new QuantityError(wrongSuffix);
  return { nanos: shiftDecimal(mantissa, 9 - places + exponent), format: 'DecimalExponent' };
}

/** `value` times ten to the `exponent`, rounded away from zero. */
function shiftDecimal(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  const quotient = value / divisor;
  if (quotient * divisor === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}
