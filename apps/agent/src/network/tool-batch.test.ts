import { expect, it } from 'vitest';
import { parseFailures } from './tool-batch.ts';

it('tells which line failed and why', () => {
  const stderr = [
    'Cannot find device "a"',
    'Command failed -:1',
    'Error: something',
    'RTNETLINK answers: File exists',
    'Command failed -:4',
    '',
  ].join('\n');
  expect([...parseFailures(stderr)]).toEqual([
    [0, 'Cannot find device "a"'],
    [3, 'Error: something; RTNETLINK answers: File exists'],
  ]);
  expect(parseFailures('').size).toBe(0);
});
