import { expect, it } from 'vitest';
import { ageOf, humanDuration } from './human-duration.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

it.each([
  [-5 * second, '<invalid>'],
  [-1 * second, '0s'],
  [0, '0s'],
  [59_999, '59s'],
  [119 * second, '119s'],
  [2 * minute, '2m'],
  [5 * minute + 3 * second, '5m3s'],
  [10 * minute + 3 * second, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [7 * hour + 59 * minute, '7h59m'],
  [8 * hour + 59 * minute, '8h'],
  [47 * hour, '47h'],
  [48 * hour, '2d'],
  [3 * day + 4 * hour, '3d4h'],
  [8 * day + 4 * hour, '8d'],
  [729 * day, '729d'],
  [2 * year + 34 * day, '2y34d'],
  [3 * year, '3y'],
  [9 * year + 100 * day, '9y'],
])('writes %d ms as %s', (durationMs, text) => {
  expect(humanDuration(durationMs)).toBe(text);
});

it('knows no age without a timestamp', () => {
  expect(ageOf(undefined, new Date())).toBe('<unknown>');
  expect(ageOf('2026-01-01T00:00:00Z', new Date('2026-01-01T00:05:03Z'))).toBe('5m3s');
});
