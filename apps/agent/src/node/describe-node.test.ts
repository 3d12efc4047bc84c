import { expect, it } from 'vitest';
import { allocatableMemory, shareOf } from './describe-node.ts';

const mebi = 1024 * 1024;

it('divides the huge pages of a shared engine into whole pages', () => {
  const pages = new Map([[2 * mebi, 16 * mebi]]);
  expect(shareOf(pages, 1 / 3)).toEqual(new Map([[2 * mebi, 4 * mebi]]));
  // A node may be declared larger than its engine: there are no more pages for that.
  expect(shareOf(pages, 4)).toEqual(pages);
});

it('takes what is set aside for huge pages from the memory that pods may have', () => {
  expect(allocatableMemory(100 * mebi, new Map([[2 * mebi, 16 * mebi]]))).toBe(84 * mebi);
  expect(allocatableMemory(8 * mebi, new Map([[2 * mebi, 16 * mebi]]))).toBe(0);
});
