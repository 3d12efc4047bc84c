import { expect, it } from 'vitest';
import { ClusterStore } from '../state/cluster-store.ts';
import { feedEvent, feedNode, feedPod, snapshot } from '../testing/feed-objects.ts';
import { pullRetryAt, stuckGroups } from './start-causes.ts';

const at = '2026-11-21T12:00:00Z';
const waiting = (reason: string, message?: string) => [
  { name: 'app', image: 'registry.test/web:9', state: 'waiting' as const, reason, ...(message ? { message } : {}) },
];

function storeOf(pods: Parameters<typeof feedPod>[1][], events: ReturnType<typeof feedEvent>[] = []): ClusterStore {
  const store = new ClusterStore();
  const made = pods.map((change, index) => feedPod(`web-${index}`, { nodeName: 'node-1', ...change }));
  store.apply([snapshot({ nodes: [feedNode('node-1')], pods: made, events })], 0);
  return store;
}

const about = (name: string) => ({ kind: 'Pod', namespace: 'default', name, uid: `uid-${name}` });

it('groups pods by the image that cannot be had, with what the registry said', () => {
  const message = 'Back-off pulling image "registry.test/web:9": ErrImagePull: manifest unknown';
  const store = storeOf([
    { containers: waiting('ImagePullBackOff', message) },
    { containers: waiting('ErrImagePull', 'manifest unknown') },
    { containers: waiting('ContainerCreating') },
  ]);
  expect(stuckGroups(store)).toMatchObject([
    { cause: 'Image cannot be had: registry.test/web:9', text: message, pods: [{}, {}] },
  ]);
});

it('reckons the next pull from how often and when it failed, up to five minutes', () => {
  const failed = (count: number) => ({
    ...feedEvent('e', at),
    about: about('web-0'),
    reason: 'Failed',
    message: 'Failed to pull image "x": no such host',
    count,
  });
  const seconds = (count: number): number => {
    const store = storeOf([{}], [failed(count)]);
    return ((pullRetryAt(store, feedPod('web-0')) ?? 0) - Date.parse(at)) / 1000;
  };
  expect([seconds(1), seconds(2), seconds(9)]).toEqual([10, 20, 300]);
  expect(pullRetryAt(storeOf([{}]), feedPod('web-0'))).toBeUndefined();
});

it('names a volume that is not there, and leaves out what runs, what ends and what is on a lost node', () => {
  const event = {
    ...feedEvent('e', at),
    about: about('web-0'),
    reason: 'FailedMount',
    message: 'configmap "x" not found',
  };
  expect(stuckGroups(storeOf([{}], [event]))).toMatchObject([
    { cause: 'Volume is not there', text: 'configmap "x" not found' },
  ]);
  expect(stuckGroups(storeOf([{ phase: 'Running' }, { deletedAt: at }, { nodeName: 'gone' }], [event]))).toEqual([]);
});
