import { expect, it } from 'vitest';
import { shortenTolerations } from './tolerance.ts';

const unreachable = { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' } as const;

it('shortens what a pod bears of a lost node, and nothing else', () => {
  const others = [
    { key: 'gpu', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 600 },
    { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
    { ...unreachable, tolerationSeconds: 5 },
  ] as const;
  expect(shortenTolerations([{ ...unreachable, tolerationSeconds: 300 }, ...others], 30)).toEqual([
    { ...unreachable, tolerationSeconds: 30 },
    ...others,
  ]);
});
