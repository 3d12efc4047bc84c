import type { FeedPod } from '@gantry/api-types/feed';
import { expect, it } from 'vitest';
import { feedNode, feedPod } from '../testing/feed-objects.ts';
import { evictionTime, type TileState, tileState } from './pod-state.ts';

const node = feedNode('node-1');
const addedAt = '2026-11-21T12:00:00.000Z';
const lost = feedNode('node-1', {
  conditions: [{ type: 'Ready', status: 'Unknown' }],
  taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', addedAt }],
});

const onNode = { nodeName: 'node-1' };

it.each<[TileState, Partial<FeedPod>]>([
  ['pending', {}],
  ['creating', { ...onNode, status: 'ContainerCreating' }],
  ['failing', { ...onNode, status: 'ImagePullBackOff' }],
  ['failing', { ...onNode, status: 'Init:CrashLoopBackOff' }],
  ['failing', { ...onNode, phase: 'Running', status: 'Error' }],
  ['starting', { ...onNode, phase: 'Running', status: 'Running' }],
  ['ready', { ...onNode, phase: 'Running', status: 'Running', isReady: true }],
  ['terminating', { ...onNode, phase: 'Running', status: 'Terminating', deletedAt: addedAt }],
  ['succeeded', { ...onNode, phase: 'Succeeded', status: 'Completed' }],
  ['failed', { ...onNode, phase: 'Failed', status: 'Evicted' }],
])('a pod is %s', (state, change) => {
  expect(tileState(feedPod('a', change), change.nodeName ? node : undefined)).toBe(state);
});

it('knows nothing of pods on a node that does not answer, but that ended ones have ended', () => {
  expect(tileState(feedPod('a', { ...onNode, phase: 'Running', status: 'Running', isReady: true }), lost)).toBe(
    'unknown',
  );
  expect(tileState(feedPod('a', { ...onNode, status: 'Terminating', deletedAt: addedAt }), lost)).toBe('unknown');
  expect(tileState(feedPod('a', { ...onNode, phase: 'Succeeded' }), lost)).toBe('succeeded');
});

it('evicts when the toleration of the taint runs out, or never', () => {
  expect(evictionTime(feedPod('a', { unreachableSeconds: 30 }), lost)).toBe(Date.parse(addedAt) + 30_000);
  expect(evictionTime(feedPod('a'), lost)).toBeUndefined();
  expect(evictionTime(feedPod('a', { unreachableSeconds: 30 }), node)).toBeUndefined();
});
