import { expect, it } from 'vitest';
import { patchDiff } from './patch-diff.ts';

const tolerated = { key: 'old', operator: 'Exists' };
const deployment = {
  spec: {
    replicas: 3,
    template: {
      spec: {
        tolerations: [tolerated],
        containers: [
          { name: 'proxy', resources: { requests: { cpu: '100m' } } },
          { name: 'app', resources: { requests: { cpu: '2', memory: '1Gi' } } },
        ],
      },
    },
  },
};
const at = 'spec.template.spec';

it.each([
  [
    'one request of one container',
    { containers: [{ name: 'app', resources: { requests: { cpu: '500m', memory: '1Gi' } } }] },
    [{ at: `${at}.containers[app].resources.requests`, before: 'cpu: 2', after: 'cpu: 500m' }],
  ],
  [
    'a request where there was none',
    { containers: [{ name: 'proxy', resources: { requests: { memory: '64Mi' } } }] },
    [{ at: `${at}.containers[proxy].resources.requests`, after: 'memory: 64Mi' }],
  ],
  [
    'an element more of a list that is replaced',
    { tolerations: [tolerated, { key: 'gpu', operator: 'Equal', value: 'only', effect: 'NoSchedule' }] },
    [{ at: `${at}.tolerations`, after: '{key: gpu, operator: Equal, value: only, effect: NoSchedule}' }],
  ],
  ['an element less of it', { tolerations: [] }, [{ at: `${at}.tolerations`, before: '{key: old, operator: Exists}' }]],
])('says what a patch changes: %s', (_, spec, expected) => {
  expect(patchDiff(deployment, { spec: { template: { spec } } })).toEqual(expected);
});

it('says what a patch takes away, and nothing of what is so already', () => {
  const node = { metadata: { labels: { disk: 'hdd' } }, spec: { unschedulable: true } };
  expect(patchDiff(node, { spec: { unschedulable: null } })).toEqual([{ at: 'spec', before: 'unschedulable: true' }]);
  expect(patchDiff(node, { metadata: { labels: { disk: 'hdd' } } })).toEqual([]);
  expect(patchDiff(undefined, { metadata: { labels: { disk: 'ssd' } } })).toEqual([
    { at: 'metadata.labels', after: 'disk: ssd' },
  ]);
});
