import { expect, it } from 'vitest';
import { count, formatAge, formatBytes, formatCpu, formatMebibytes, formatSpan } from './format.ts';

it.each([
  [8_000, '8 s'],
  [292_000, '4 min'],
  [11_100_000, '3 h'],
])('says the age of %d ms in its largest unit', (ms, text) => {
  expect(formatAge(ms)).toBe(text);
});

it('writes amounts as operators do', () => {
  expect([0, 5, 250, 999, 1000, 1500, 12_345].map(formatCpu)).toEqual([
    '0',
    '5m',
    '250m',
    '999m',
    '1',
    '1.5',
    '12.345',
  ]);
  expect([0, 900, 64 * 2 ** 20, 1.5 * 2 ** 30, 23 * 2 ** 30, 1000 * 2 ** 20].map(formatBytes)).toEqual([
    '0',
    '900B',
    '64Mi',
    '1.5Gi',
    '23Gi',
    '1Gi',
  ]);
});

it('writes sums of memory exact to the mebibyte', () => {
  expect([0, 900, 1056.4 * 2 ** 20, 4 * 2 ** 30].map(formatMebibytes)).toEqual(['0', '900B', '1056Mi', '4Gi']);
});

it('writes spans of time in their two largest units', () => {
  expect([-5, 999, 8_000, 292_000, 120_000, 11_100_000, 12 * 86_400_000].map(formatSpan)).toEqual([
    '0 s',
    '0 s',
    '8 s',
    '4 min 52 s',
    '2 min',
    '3 h 5 min',
    '12 d',
  ]);
});

it('counts in words', () => {
  expect([count(0, 'pod'), count(1, 'pod'), count(2, 'pod')]).toEqual(['0 pods', '1 pod', '2 pods']);
});
