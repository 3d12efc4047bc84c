import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PriorityHeap } from './priority-heap.ts';

it('gives the least valid item first, whatever was pushed and popped before', () => {
  const commands = fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(undefined)));
  fc.assert(
    fc.property(commands, (all) => {
      const heap = new PriorityHeap<number>(
        (a, b) => a - b,
        (item) => item % 7 !== 0,
      );
      const model: number[] = [];
      for (const item of all) {
        if (item !== undefined) {
          heap.push(item);
          if (item % 7 !== 0) model.push(item);
          continue;
        }
        model.sort((a, b) => a - b);
        expect(heap.peek()).toBe(model[0]);
        expect(heap.pop()).toBe(model.shift());
      }
    }),
  );
});

it('does not hold on to items that became invalid behind one that stays first', () => {
  const first = { rank: 0, isValid: true };
  const heap = new PriorityHeap<typeof first>(
    (a, b) => a.rank - b.rank,
    ({ isValid }) => isValid,
  );
  heap.push(first);
  for (let rank = 1; rank <= 10_000; rank += 1) {
    const item = { rank, isValid: true };
    heap.push(item);
    item.isValid = false;
  }
  expect(heap.length).toBeLessThan(200);
  expect(heap.pop()).toBe(first);
  expect(heap.pop()).toBeUndefined();
});
