import { expect, it } from 'vitest';
import { movedWords } from './moved-words.ts';

it('says what became of evicted pods, and what keeps those that cannot move', () => {
  const stuck = new Map([['Node labels do not match the selector', 1]]);
  expect(movedWords({ evicted: 11, moved: 8, starting: 2, stuck, notReplaced: 0 })).toBe(
    '8 moved, 2 starting, 1 cannot move: Node labels do not match the selector',
  );
  expect(
    movedWords({
      evicted: 2,
      moved: 0,
      starting: 0,
      stuck: new Map([['Waiting for the scheduler', 1]]),
      notReplaced: 1,
    }),
  ).toBe('1 not replaced, 1 waiting for a node');
});
