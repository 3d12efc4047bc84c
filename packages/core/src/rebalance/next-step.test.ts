import type { Pod, Rebalance, RebalanceMove } from '@gantry/api-types';
import { makeMetadata, makePod, makeReplicaSet } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { formatTime } from '../lib/timestamp.ts';
import { controllerReference } from '../reconcile/owner-references.ts';
import { evicted, planRebalanceStep, type RebalanceWorld, refused } from './next-step.ts';

const start = Date.UTC(2026, 0, 1);
const set = makeReplicaSet({ name: 'web' });

function replica(name: string, options: { node?: string; isReady?: boolean; at?: number } = {}): Pod {
  const { node = 'a', isReady = true, at = start - 60_000 } = options;
  const ownerReferences = [controllerReference(set)];
  return makePod({ name, nodeName: node, isReady, ownerReferences, creationTimestamp: formatTime(at) });
}

function moveOf(pod: Pod, parts: Partial<RebalanceMove> = {}): RebalanceMove {
  const { name, uid } = pod.metadata;
  return {
    pod: `default/${name}`,
    podUID: uid,
    from: 'a',
    to: 'b',
    state: 'Planned',
    since: formatTime(start),
    ...parts,
  };
}

function running(moves: RebalanceMove[], spec: Rebalance['spec'] = {}): Rebalance {
  return {
    apiVersion: 'gantry.io/v1',
    kind: 'Rebalance',
    metadata: makeMetadata('Rebalance', { name: 'r', isNamespaced: false }),
    spec: { readyTimeoutSeconds: 60, ...spec },
    status: { phase: 'Running', total: moves.length, moved: 0, moves },
  };
}

function world(pods: readonly Pod[], seconds = 0, replicas = 2): RebalanceWorld {
  return {
    pod: (key) => pods.find(({ metadata }) => `default/${metadata.name}` === key),
    podsOf: () => pods,
    replicasOf: () => replicas,
    obstacleTo: () => undefined,
    nowMs: start + seconds * 1000,
  };
}

describe('a running Rebalance', () => {
  const first = replica('one');
  const second = replica('two');

  it('evicts the first pod while all are ready, and only that', () => {
    const { evict, status } = planRebalanceStep(running([moveOf(first), moveOf(second)]), world([first, second]));
    expect(evict).toMatchObject({ index: 0, pod: { metadata: { name: 'one' } } });
    expect(status.moves?.[0]?.owner?.name).toBe('web');
  });

  it('waits while its controller lacks a ready pod, and leaves the pod where it is after a while', () => {
    const pods = [first, replica('two', { isReady: false })];
    const waits = planRebalanceStep(running([moveOf(first)]), world(pods));
    expect(waits).toMatchObject({ evict: undefined, recheckAfterMs: 1000 });
    expect(waits.status.message).toBe('default/one: waits until ReplicaSet web is well: 1 of 2 ready');
    const later = planRebalanceStep(running(waits.status.moves ?? []), world(pods, 61));
    expect(later.status).toMatchObject({
      phase: 'Completed',
      moves: [{ state: 'Skipped' }],
      message: '0 of 1 pods moved, 1 skipped',
    });
  });

  it('waits while a replacement would find no room, and leaves the pod where it is after a while', () => {
    const full = { ...world([first, second]), obstacleTo: () => ({ reason: 'all nodes are full', isFinal: false }) };
    const waits = planRebalanceStep(running([moveOf(first)]), full);
    expect(waits).toMatchObject({ evict: undefined, recheckAfterMs: 1000 });
    expect(waits.status.message).toBe('default/one: all nodes are full');
    const moves = waits.status.moves ?? [];
    expect(planRebalanceStep(running(moves), world([first, second], 30)).evict?.index).toBe(0);
    const late = planRebalanceStep(running(moves), { ...full, nowMs: start + 61_000 });
    expect(late.status.moves?.[0]).toMatchObject({ state: 'Skipped', message: 'all nodes are full' });
  });

  it('skips at once a pod that would only come back', () => {
    const obstacleTo = (pod: Pod) =>
      pod.metadata.name === 'one' ? { reason: 'it would come back', isFinal: true } : undefined;
    const moves = [moveOf(first), moveOf(second)];
    const { status, evict } = planRebalanceStep(running(moves), { ...world([first, second]), obstacleTo });
    expect(status.moves?.[0]).toMatchObject({ state: 'Skipped', message: 'it would come back' });
    expect(evict).toMatchObject({ index: 1 });
  });

  it('goes on only when the replacement is ready', () => {
    const waiting = running([{ ...evicted(moveOf(first), 2, start), owner: controllerReference(set) }, moveOf(second)]);
    const starting = replica('three', { node: 'b', isReady: false, at: start });
    const early = planRebalanceStep(waiting, world([second, starting], 5));
    expect(early.evict).toBeUndefined();
    expect(early.status.moves?.[0]?.state).toBe('Waiting');
    const ready = replica('three', { node: 'b', at: start });
    const step = planRebalanceStep(waiting, world([second, ready], 6));
    expect(step.status).toMatchObject({
      moved: 1,
      moves: [{ state: 'Moved', replacement: 'default/three', replacementNode: 'b' }, {}],
    });
    expect(step.evict?.pod.metadata.name).toBe('two');
  });

  it('stops for good where a replacement does not get ready', () => {
    const waiting = running([{ ...evicted(moveOf(first), 2, start), owner: controllerReference(set) }, moveOf(second)]);
    const { status, evict } = planRebalanceStep(waiting, world([second], 61));
    expect(evict).toBeUndefined();
    expect(status).toMatchObject({ phase: 'Failed', moves: [{ state: 'Failed' }, { state: 'Planned' }] });
    expect(status.message).toBe('the replacement of default/one is not ready after 60 s: nothing more is moved');
  });

  it('asks again where a budget refuses, up to its time', () => {
    const asked = refused(moveOf(first), 'its eviction is refused: the budget needs 2', start);
    expect(refused(asked, 'still', start + 9000)).toMatchObject({
      state: 'Evicting',
      since: asked.since,
      message: 'still',
    });
    expect(planRebalanceStep(running([asked]), world([first, second], 30)).evict?.index).toBe(0);
    const late = planRebalanceStep(running([asked]), world([first, second], 61));
    expect(late.status.moves?.[0]).toMatchObject({
      state: 'Skipped',
      message: expect.stringContaining('the budget needs 2'),
    });
  });

  it('skips pods that went by themselves, and ends when cancelled', () => {
    const gone = planRebalanceStep(running([moveOf(first)]), world([second]));
    expect(gone.status).toMatchObject({ phase: 'Completed', moves: [{ state: 'Skipped' }] });
    const other = replica('one', { node: 'b' });
    expect(planRebalanceStep(running([moveOf(first)]), world([other])).status.moves?.[0]?.state).toBe('Skipped');
    const cancelled = planRebalanceStep(running([moveOf(first)], { cancelled: true }), world([first, second]));
    expect(cancelled).toMatchObject({
      evict: undefined,
      status: { phase: 'Cancelled', moves: [{ message: 'cancelled' }] },
    });
  });
});
