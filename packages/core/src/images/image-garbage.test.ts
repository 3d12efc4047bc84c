import { expect, it } from 'vitest';
import { type ImageUse, planImageGarbage } from './image-garbage.ts';

const minute = 60_000;
const now = 100 * minute;
const policy = { highThresholdPercent: 85, lowThresholdPercent: 80, minimumAgeMs: 2 * minute };

function image(id: string, parts: Partial<ImageUse> = {}): ImageUse {
  return { id, sizeBytes: 10, isInUse: false, isPinned: false, firstSeenAt: 0, lastUsedAt: 0, ...parts };
}

function plan(images: readonly ImageUse[], availableBytes: number) {
  const { candidates, ...rest } = planImageGarbage(images, { capacityBytes: 1000, availableBytes }, policy, now);
  return { ...rest, ids: candidates.map(({ id }) => id) };
}

it.each([
  [1000, 0, 0, false],
  [160, 84, 0, false],
  [151, 84, 0, false],
  [150, 85, 50, true],
  [0, 100, 200, true],
])('with %i of 1000 bytes free %i %% are in use and %i are to be freed', (free, usagePercent, bytesToFree, removes) => {
  expect(plan([image('a')], free)).toEqual({ usagePercent, bytesToFree, ids: removes ? ['a'] : [] });
});

it('removes the longest unused first, of those the oldest', () => {
  const images = [
    image('used lately', { lastUsedAt: 90 * minute }),
    image('never used, young', { firstSeenAt: 50 * minute }),
    image('used long ago', { lastUsedAt: 5 * minute }),
    image('never used, old', { firstSeenAt: 1 * minute }),
  ];
  expect(plan(images, 0).ids).toEqual(['never used, old', 'never used, young', 'used long ago', 'used lately']);
});

it('keeps what is in use, pinned or new', () => {
  const images = [
    image('in use', { isInUse: true }),
    image('pinned', { isPinned: true }),
    image('new', { firstSeenAt: now - 2 * minute + 1 }),
    image('old enough', { firstSeenAt: now - 2 * minute }),
  ];
  expect(plan(images, 0).ids).toEqual(['old enough']);
});

it('does not divide by a disk of no size', () => {
  expect(planImageGarbage([image('a')], { capacityBytes: 0, availableBytes: 0 }, policy, now).candidates).toEqual([]);
});
