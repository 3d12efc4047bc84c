import type { FeedPod } from '@gantry/api-types/feed';
import { expect, it } from 'vitest';
import { feedNode, feedPod } from '../testing/feed-objects.ts';
import { evictionWords } from './eviction-words.ts';

const addedAt = '2026-11-21T12:00:00Z';
const taints = [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', addedAt }];
const node = feedNode('node-1', { conditions: [{ type: 'Ready', status: 'Unknown' }], taints });

it.each([
  ['all alike, by default', [300, 300], 2_000, '2 pods evicted in 4 min 58 s (tolerationSeconds 300 by default)'],
  ['all alike, as the pods say', [30], 0, '1 pod evicted in 30 s'],
  [
    'each group by its due second',
    [300, 30, 300, 30, 300],
    2_000,
    '2 pods evicted in 28 s, 3 in 4 min 58 s (tolerationSeconds 300 by default)',
  ],
  ['those that are due, before others', [1, 2, 60], 5_500, '2 pods being evicted, 1 evicted in 54 s'],
  ['the rest at once', [10, 20, 30, 40, 50], 0, '1 pod evicted in 10 s, 1 in 20 s, 1 in 30 s, 2 more within 50 s'],
  ['nothing of those that stay', [undefined], 0, ''],
])('says when pods of a lost node are evicted: %s', (_, seconds, passed, expected) => {
  const now = Date.parse(addedAt) + passed;
  expect(evictionWords(seconds.map(podOf), node, { now, defaultSeconds: 300 })).toBe(expected);
});

function podOf(seconds: number | undefined, index: number): FeedPod {
  return feedPod(`pod-${index}`, {
    nodeName: 'node-1',
    ...(seconds === undefined ? {} : { unreachableSeconds: seconds }),
  });
}
