import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalQuantity,
  compareQuantities,
  formatBytes,
  formatCpuMilli,
  parseBytes,
  parseCpuMilli,
  parseQuantity,
  quantityOf,
  quantityProblem,
} from './quantity.ts';

const suffixes = [
  'n',
  'u',
  'm',
  '',
  'k',
  'M',
  'G',
  'T',
  'P',
  'E',
  'Ki',
  'Mi',
  'Gi',
  'Ti',
  'Pi',
  'Ei',
  'e3',
  'E-2',
  'e+6',
];
const anyQuantity = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.integer({ min: 0, max: 1_000_000 }),
    fc.constantFrom('', '.', '.5', '.25', '.001', '.000000001', '.0000000001'),
    fc.constantFrom(...suffixes),
  )
  .map((parts) => parts.join(''));

describe('canonicalQuantity', () => {
  it.each([
    ['1000m', '1'],
    ['0.5Gi', '512Mi'],
    ['1.5', '1500m'],
    ['0.1', '100m'],
    ['1.5Gi', '1536Mi'],
    ['1.5Ki', '1536'],
    ['0.1Ki', '102400m'],
    ['1024Ki', '1Mi'],
    ['128000Ki', '125Mi'],
    ['1000', '1k'],
    ['1024', '1024'],
    ['1000000', '1M'],
    ['1E3', '1e3'],
    ['12e6', '12e6'],
    ['1500e3', '1500e3'],
    ['2E', '2E'],
    ['0Gi', '0'],
    ['-0', '0'],
    ['-1.5', '-1500m'],
    ['+3', '3'],
    ['.5', '500m'],
    ['5.', '5'],
    ['0.0000000001', '1n'],
    ['-0.0000000001', '-1n'],
    ['16Ei', '9223372036854775807'],
  ])('shows %s as %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  it('keeps the amount and does not change what is canonical', () => {
    fc.assert(
      fc.property(anyQuantity, (text) => {
        const canonical = canonicalQuantity(text);
        expect(compareQuantities(canonical, text)).toBe(0);
        expect(canonicalQuantity(canonical)).toBe(canonical);
      }),
    );
  });
});

describe('parsing', () => {
  it.each([
    ['250m', 250],
    ['0.5', 500],
    ['2', 2000],
    ['1.2345', 1235],
    ['100u', 1],
    ['-1.5', -1500],
    ['1k', 1_000_000],
  ])('reads %s as %d milli-cpu, rounded up', (text, milli) => {
    expect(parseCpuMilli(text)).toBe(milli);
  });

  it.each([
    ['128Mi', 134_217_728],
    ['1G', 1_000_000_000],
    ['0.5Gi', 536_870_912],
    ['100m', 1],
    ['1.5', 2],
    ['3e3', 3000],
    ['2Ti', 2_199_023_255_552],
  ])('reads %s as %d bytes, rounded up', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it('reads amounts in base units with their fraction', () => {
    expect([parseQuantity('1500m'), parseQuantity('2Gi'), parseQuantity('1n')]).toEqual([1.5, 2_147_483_648, 1e-9]);
  });

  it('takes the fast path to the same result as the exact one', () => {
    fc.assert(
      fc.property(anyQuantity, (text) => {
        const { nanos } = quantityOf(text);
        expect(parseBytes(text)).toBe(Number(ceilAwayFromZero(nanos, 1_000_000_000n)));
        expect(parseCpuMilli(text)).toBe(Number(ceilAwayFromZero(nanos, 1_000_000n)));
      }),
    );
  });

  it('orders quantities as their amounts', () => {
    fc.assert(
      fc.property(anyQuantity, anyQuantity, (a, b) => {
        const difference = quantityOf(a).nanos - quantityOf(b).nanos;
        expect(Math.sign(compareQuantities(a, b))).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
      }),
    );
  });

  it('reads back what it formats', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (amount) => {
        expect(parseBytes(formatBytes(amount))).toBe(amount);
        const milli = amount % 1_000_000_000;
        expect(parseCpuMilli(formatCpuMilli(milli))).toBe(milli);
      }),
    );
  });
});

const formatText = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

describe('quantityProblem', () => {
  it.each([
    ['', formatText],
    ['abc', formatText],
    ['1.2.3', formatText],
    ['1 Gi', formatText],
    ['0xx', formatText],
    ['.', 'unable to parse numeric part of quantity'],
    ['1ki', "unable to parse quantity's suffix"],
    ['1K', "unable to parse quantity's suffix"],
    ['1e', "unable to parse quantity's suffix"],
    ['1mi', "unable to parse quantity's suffix"],
    ['1e999999999', "unable to parse quantity's suffix"],
  ])('refuses %j in the words of Kubernetes', (text, problem) => {
    expect(quantityProblem(text)).toBe(problem);
  });

  it('finds nothing wrong with any well-formed quantity', () => {
    fc.assert(
      fc.property(anyQuantity, (text) => {
        expect(quantityProblem(text)).toBeUndefined();
      }),
    );
  });
});

function ceilAwayFromZero(value: bigint, unit: bigint): bigint {
  const size = value < 0n ? -value : value;
  const rounded = (size + unit - 1n) / unit;
  return value < 0n ? -rounded : rounded;
}
