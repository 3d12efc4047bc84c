import { expect, it } from 'vitest';
import { feedNode } from '../testing/feed-objects.ts';
import { groupNodes, nodeGroupings } from './node-groups.ts';

const nodes = [
  feedNode('node-10', {
    zone: 'a',
    labels: { 'gantry.io/node-pool': 'large', 'topology.kubernetes.io/zone': 'a', disk: 'ssd' },
  }),
  feedNode('node-9', { zone: 'b', labels: { 'gantry.io/node-pool': 'large', 'kubernetes.io/hostname': 'node-9' } }),
  feedNode('node-1', { zone: 'a' }),
];

it.each([
  [
    'zone',
    [
      ['a', ['node-1', 'node-10']],
      ['b', ['node-9']],
    ],
  ],
  [
    'pool',
    [
      ['', ['node-1']],
      ['large', ['node-9', 'node-10']],
    ],
  ],
  [
    'disk',
    [
      ['', ['node-1', 'node-9']],
      ['ssd', ['node-10']],
    ],
  ],
  ['none', [['', ['node-1', 'node-9', 'node-10']]]],
])('groups nodes by %s', (grouping, groups) => {
  expect(groupNodes(nodes, grouping)).toEqual(groups);
});

it('offers labels that say something about a group', () => {
  expect(nodeGroupings(nodes)).toEqual(['zone', 'pool', 'disk', 'none']);
});
