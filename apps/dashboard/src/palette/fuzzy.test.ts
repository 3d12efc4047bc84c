import { expect, it } from 'vitest';
import { fuzzyScore } from './fuzzy.ts';

const texts = ['node-3', 'nightly-13', 'default/worker-b', 'default/web', 'Scale the workload'];

it.each([
  ['web', ['default/web', 'default/worker-b']],
  ['n3', ['node-3', 'nightly-13']],
  ['sca wor', ['Scale the workload']],
  ['swl', ['Scale the workload']],
  ['xq', []],
])('finds for %j, best first', (query, expected) => {
  const found = texts
    .flatMap((text) => {
      const score = fuzzyScore(query, text);
      return score === undefined ? [] : [{ text, score }];
    })
    .sort((a, b) => b.score - a.score);
  expect(found.map(({ text }) => text)).toEqual(expected);
});

it('matches everything where nothing was typed', () => {
  expect(fuzzyScore('', 'node-3')).toBeDefined();
});
