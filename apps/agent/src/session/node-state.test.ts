import type { PodStatus } from '@gantry/api-types';
import { makePod } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { NodeState } from './node-state.ts';

const running: PodStatus = { phase: 'Running' };
const webPod = (uid = 'uid-1') => {
  const pod = makePod({ name: 'web', namespace: 'default' });
  return {
    ...pod,
    metadata: { ...pod.metadata, uid },
    spec: { ...pod.spec, volumes: [{ name: 'v', configMap: { name: 'settings' } }] },
  };
};
const configMap = (value: string) => ({
  apiVersion: 'v1' as const,
  kind: 'ConfigMap' as const,
  metadata: { name: 'settings', namespace: 'default', uid: 'c', resourceVersion: '1', creationTimestamp: '' },
  data: { value },
});

describe('NodeState', () => {
  it('knows orphans only after the full state has arrived once', () => {
    const state = new NodeState();
    state.startSync();
    state.applyChanges([{ resource: 'pods', object: webPod() }]);
    expect(state.hasSynced).toBe(false);
    state.finishSync();
    expect(state.hasSynced).toBe(true);
    expect([...state.pods().keys()]).toEqual(['uid-1']);
  });

  it('drops what a reconnect no longer names, and tells', () => {
    const state = new NodeState();
    state.startSync();
    state.applyChanges([
      { resource: 'pods', object: webPod() },
      { resource: 'configmaps', object: configMap('a') },
    ]);
    state.finishSync();
    const changed: string[] = [];
    state.onChange((uid) => changed.push(uid));
    state.startSync();
    state.finishSync();
    expect(state.pods().size).toBe(0);
    expect(state.configMap('default', 'settings')).toBeUndefined();
    expect(changed).toContain('uid-1');
  });

  it('keeps the last known state while the controller is away', () => {
    const state = new NodeState();
    state.startSync();
    state.applyChanges([{ resource: 'pods', object: webPod() }]);
    state.finishSync();
    state.startSync();
    expect(state.pods().size).toBe(1);
    expect(state.hasSynced).toBe(true);
  });

  it('tells of a pod whose ConfigMap changes', () => {
    const state = new NodeState();
    state.applyChanges([{ resource: 'pods', object: webPod() }]);
    const changed: string[] = [];
    state.onChange((uid) => changed.push(uid));
    state.applyChanges([{ resource: 'configmaps', object: configMap('b') }]);
    expect(changed).toEqual(['uid-1']);
    expect(state.configMap('default', 'settings')?.data).toEqual({ value: 'b' });
  });

  it('takes a pod of the same name with another uid for another pod', () => {
    const state = new NodeState();
    state.applyChanges([{ resource: 'pods', object: webPod('old') }]);
    const changed: string[] = [];
    state.onChange((uid) => changed.push(uid));
    state.applyChanges([{ resource: 'pods', object: webPod('new') }]);
    expect([...state.pods().keys()]).toEqual(['new']);
    expect(changed).toEqual(['old', 'new']);
    state.applyChanges([{ resource: 'pods', deletedKey: 'default/web' }]);
    expect(state.pods().size).toBe(0);
  });

  it('sends the newest status of a pod once, and again after a reconnect', () => {
    const state = new NodeState();
    const pod = webPod();
    state.applyChanges([{ resource: 'pods', object: pod }]);
    state.reportPodStatus(pod, { phase: 'Pending' });
    state.reportPodStatus(pod, running);
    const reported = [
      { type: 'podStatuses', items: [{ namespace: 'default', name: 'web', uid: 'uid-1', status: running }] },
    ];
    expect(state.takeOutgoing()).toEqual(reported);
    expect(state.takeOutgoing()).toEqual([]);
    state.startSync();
    expect(state.takeOutgoing()).toEqual(reported);
  });

  it('reports the end of a pod until the controller has removed it', () => {
    const state = new NodeState();
    const pod = webPod();
    state.applyChanges([{ resource: 'pods', object: pod }]);
    state.reportPodTerminated(pod);
    const reported = [{ type: 'podsTerminated', items: [{ namespace: 'default', name: 'web', uid: 'uid-1' }] }];
    expect(state.takeOutgoing()).toEqual(reported);
    state.startSync();
    expect(state.takeOutgoing()).toEqual(reported);
    state.applyChanges([{ resource: 'pods', deletedKey: 'default/web' }]);
    state.startSync();
    expect(state.takeOutgoing()).toEqual([]);
  });

  it('forgets the oldest events while nobody takes them', () => {
    const state = new NodeState();
    const pod = webPod();
    for (let i = 0; i < 1_200; i += 1) state.recordEvent({ pod, type: 'Normal', reason: 'Pulled', message: `${i}` });
    const [frame] = state.takeOutgoing();
    expect(frame?.type === 'events' && frame.items.length).toBe(1_000);
    expect(frame?.type === 'events' && frame.items[0]?.message).toBe('200');
  });
});
