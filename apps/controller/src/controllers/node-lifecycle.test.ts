import type { Node, Pod } from '@gantry/api-types';
import { formatTime } from '@gantry/core/lib/timestamp';
import { reconnectMs } from '@gantry/core/reconcile/heartbeat-watch';
import { nodeCondition } from '@gantry/core/reconcile/taints';
import { describe, expect, it } from 'vitest';
import type { ControllersOptions } from './start-controllers.ts';
import { TestRig } from './testing/test-rig.ts';

const evictionTolerations = ['not-ready', 'unreachable'].map((key) => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 1,
}));

function seedNode(rig: TestRig, name: string): Node {
  const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'fine' }];
  return rig.cluster.seed('nodes', { metadata: { name }, spec: {}, status: { conditions } });
}

function seedPod(rig: TestRig, name: string, nodeName: string, metadata: object = {}): Pod {
  const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status: 'True' }));
  return rig.cluster.seed('pods', {
    metadata: { name, namespace: 'default', ...metadata },
    spec: { nodeName, containers: [{ name: 'main', image: 'x' }], tolerations: evictionTolerations },
    status: { phase: 'Running', conditions },
  });
}

function seedLease(rig: TestRig, name: string, leaseDurationSeconds: number): void {
  const spec = { holderIdentity: name, leaseDurationSeconds, renewTime: formatTime(rig.clock.now()) };
  rig.cluster.seed('leases.coordination.k8s.io', { metadata: { name, namespace: 'kube-node-lease' }, spec });
}

function readiness(rig: TestRig, name: string): string {
  const node = rig.cluster.get('nodes', name);
  const { status, reason, message } = (node && nodeCondition(node, 'Ready')) ?? {};
  return `${status} ${reason}: ${message}`;
}

function taintsOf(rig: TestRig, name: string): string[] {
  return (rig.cluster.get('nodes', name)?.spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort();
}

const unreachable = ['node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable:NoSchedule'];

async function startCluster(rig: TestRig, nodeNames: readonly string[], options?: ControllersOptions): Promise<void> {
  for (const name of nodeNames) seedNode(rig, name);
  rig.start(options);
  await rig.passWithHeartbeats(12_000, ...nodeNames);
}

describe('a node whose agent falls silent', () => {
  it('is marked unreachable after the grace period, its pods leave, and StatefulSet pods stay', async () => {
    await using rig = new TestRig();
    await startCluster(rig, ['n1', 'n2', 'n3']);
    seedPod(rig, 'web-1', 'n1');
    seedPod(rig, 'steady', 'n2');
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'sts', controller: true };
    seedPod(rig, 'db-0', 'n1', { ownerReferences: [owner] });
    const silentSince = rig.clock.now();
    await rig.passWithHeartbeats(3_400, 'n2', 'n3');
    expect(readiness(rig, 'n1')).toContain('True');
    await rig.passWithHeartbeats(1_000, 'n2', 'n3');
    expect(readiness(rig, 'n1')).toBe('Unknown NodeStatusUnknown: Kubelet stopped posting node status.');
    expect(taintsOf(rig, 'n1')).toEqual(unreachable);
    expect(rig.events).toContain('Normal NodeNotReady Node/n1: Node n1 status is now: NodeNotReady');
    await rig.passWithHeartbeats(1_500, 'n2', 'n3');
    expect(rig.cluster.get('pods', 'default/web-1')).toBeUndefined();
    expect(rig.cluster.get('pods', 'default/db-0')?.metadata.deletionTimestamp).toBeDefined();
    expect(rig.cluster.get('pods', 'default/steady')?.metadata.deletionTimestamp).toBeUndefined();
    expect(rig.clock.now() - silentSince).toBeLessThan(6_500);
    await rig.passWithHeartbeats(60_000, 'n2', 'n3');
    expect(rig.cluster.get('pods', 'default/db-0')).toBeDefined();
    expect(rig.errors).toEqual([]);
  });

  it('takes its pods out of Services at once, and gives them back when it was only slow', async () => {
    await using rig = new TestRig();
    await startCluster(rig, ['n1', 'n2', 'n3']);
    seedPod(rig, 'web-1', 'n1');
    const tolerations = evictionTolerations.map((toleration) => ({ ...toleration, tolerationSeconds: 300 }));
    await rig.cluster.client.mergePatch('pods', 'default', 'web-1', { spec: { tolerations } });
    await rig.passWithHeartbeats(5_000, 'n2', 'n3');
    const ready = () =>
      rig.cluster.get('pods', 'default/web-1')?.status.conditions?.find(({ type }) => type === 'Ready');
    expect(ready()).toMatchObject({ status: 'False', reason: 'NodeNotReady' });
    expect(rig.events).toContain('Warning NodeNotReady Pod/web-1: Node is not ready');
    await rig.passWithHeartbeats(2_000, 'n1', 'n2', 'n3');
    expect(readiness(rig, 'n1')).toBe('True KubeletReady: fine');
    expect(taintsOf(rig, 'n1')).toEqual([]);
    expect(ready()?.status).toBe('True');
  });

  it('is not marked lost again by a verdict from before it registered anew', async () => {
    await using rig = new TestRig();
    await startCluster(rig, ['n1', 'n2', 'n3']);
    await rig.passWithHeartbeats(6_000, 'n2', 'n3');
    rig.heartbeats.beat('n1', rig.clock.now());
    const node = rig.cluster.get('nodes', 'n1');
    if (!node) throw new Error('n1 is gone');
    const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'back' }];
    await rig.cluster.client.updateStatus('nodes', { ...node, status: { conditions } });
    await rig.pass(40);
    expect(readiness(rig, 'n1')).toBe('True KubeletReady: back');
    expect(taintsOf(rig, 'n1')).toEqual([]);
  });
});

describe('the controller itself', () => {
  it('judges no node for time in which it was stalled', async () => {
    await using rig = new TestRig();
    await startCluster(rig, ['n1', 'n2', 'n3']);
    await rig.pass(2_000);
    rig.clock.stall(30_000);
    await rig.pass(3_500);
    for (const name of ['n1', 'n2', 'n3']) expect(readiness(rig, name)).toContain('True');
    await rig.passWithHeartbeats(10_000, 'n1', 'n2', 'n3');
    for (const name of ['n1', 'n2', 'n3']) expect(readiness(rig, name)).toContain('True');
  });

  it('gives nodes known by their Lease time to return after a restart', async () => {
    await using rig = new TestRig();
    seedNode(rig, 'n1');
    seedLease(rig, 'n1', 40);
    await rig.clock.advanceAsync(300_000);
    rig.start();
    await rig.pass(reconnectMs - 1_000);
    expect(readiness(rig, 'n1')).toContain('True');
    await rig.pass(3_000);
    expect(readiness(rig, 'n1')).toContain('Unknown');
  });

  it('evicts nobody sooner for what an earlier life of it found lost', async () => {
    await using rig = new TestRig();
    const timeAdded = formatTime(rig.clock.now());
    const taints = [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded }];
    const conditions = [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: 'silent' }];
    rig.cluster.seed('nodes', { metadata: { name: 'n1' }, spec: { taints }, status: { conditions } });
    seedPod(rig, 'web-1', 'n1');
    await rig.clock.advanceAsync(300_000);
    rig.start();
    await rig.pass(reconnectMs - 1_000);
    expect(rig.cluster.get('pods', 'default/web-1')).toBeDefined();
    await rig.pass(3_000);
    expect(rig.cluster.get('pods', 'default/web-1')).toBeUndefined();
  });
});

describe('a node without an agent session', () => {
  it('is Ready as long as its Lease is fresh and no longer', async () => {
    await using rig = new TestRig();
    rig.cluster.seed('nodes', { metadata: { name: 'fake' }, spec: {}, status: {} });
    seedLease(rig, 'fake', 60);
    rig.start();
    await rig.pass(2_000);
    expect(readiness(rig, 'fake')).toContain('True KubeletReady');
    await rig.pass(57_000);
    expect(readiness(rig, 'fake')).toContain('True');
    await rig.pass(3_000);
    expect(readiness(rig, 'fake')).toContain('Unknown');
    const lease = rig.cluster.get('leases.coordination.k8s.io', 'kube-node-lease/fake');
    if (!lease) throw new Error('the lease is gone');
    const spec = { ...lease.spec, renewTime: formatTime(rig.clock.now()) };
    await rig.cluster.client.update('leases.coordination.k8s.io', { ...lease, spec });
    await rig.pass(2_000);
    expect(readiness(rig, 'fake')).toContain('True');
  });

  it('is lost after a while where it never gave a sign of life', async () => {
    await using rig = new TestRig();
    rig.cluster.seed('nodes', { metadata: { name: 'fake' }, spec: {}, status: {} });
    rig.start();
    await rig.pass(30_000);
    expect(readiness(rig, 'fake')).toContain('undefined');
    await rig.pass(32_000);
    expect(readiness(rig, 'fake')).toBe('Unknown NodeStatusNeverUpdated: Kubelet never posted node status.');
  });

  it('costs nothing but a look per second', async () => {
    await using rig = new TestRig();
    for (let index = 0; index < 100; index += 1) {
      seedNode(rig, `fake-${index}`);
      seedLease(rig, `fake-${index}`, 1_000);
    }
    rig.start();
    await rig.pass(2_000);
    const before = rig.cluster.writes;
    await rig.pass(30_000);
    expect(rig.cluster.writes).toBe(before);
  });
});

describe('many nodes lost at once', () => {
  it('evicts nothing while all of them are gone, as we may be cut off ourselves', async () => {
    await using rig = new TestRig();
    await startCluster(rig, ['n1', 'n2', 'n3']);
    seedPod(rig, 'web-1', 'n1');
    await rig.pass(20_000);
    expect(readiness(rig, 'n1')).toContain('Unknown');
    expect(taintsOf(rig, 'n1')).toEqual(['node.kubernetes.io/unreachable:NoSchedule']);
    expect(rig.cluster.get('pods', 'default/web-1')?.metadata.deletionTimestamp).toBeUndefined();
  });

  it('evicts nothing while most of a small cluster is gone, and goes on once the others are back', async () => {
    await using rig = new TestRig();
    const names = ['n1', 'n2', 'n3', 'n4', 'n5'];
    await startCluster(rig, names);
    seedPod(rig, 'web-1', 'n1');
    await rig.passWithHeartbeats(20_000, 'n5');
    expect(rig.cluster.get('pods', 'default/web-1')).toBeDefined();
    await rig.passWithHeartbeats(6_000, 'n2', 'n3', 'n4', 'n5');
    expect(rig.cluster.get('pods', 'default/web-1')).toBeUndefined();
  });
});

describe('taints', () => {
  it('follow cordon and uncordon', async () => {
    await using rig = new TestRig();
    await startCluster(rig, ['n1']);
    await rig.cluster.client.mergePatch('nodes', undefined, 'n1', { spec: { unschedulable: true } });
    await rig.passWithHeartbeats(500, 'n1');
    expect(taintsOf(rig, 'n1')).toEqual(['node.kubernetes.io/unschedulable:NoSchedule']);
    await rig.cluster.client.mergePatch('nodes', undefined, 'n1', { spec: { unschedulable: null } });
    await rig.passWithHeartbeats(500, 'n1');
    expect(taintsOf(rig, 'n1')).toEqual([]);
  });

  it('set by a user evict what does not tolerate them, gracefully', async () => {
    await using rig = new TestRig();
    await startCluster(rig, ['n1']);
    seedPod(rig, 'web-1', 'n1');
    const taint = { key: 'maintenance', effect: 'NoExecute' };
    await rig.cluster.client.mergePatch('nodes', undefined, 'n1', { spec: { taints: [taint] } });
    await rig.passWithHeartbeats(500, 'n1');
    const pod = rig.cluster.get('pods', 'default/web-1');
    expect(pod?.metadata.deletionGracePeriodSeconds).toBe(30);
    expect(pod?.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', reason: 'DeletionByTaintManager' }),
    );
    expect(rig.events).toContain('Normal TaintManagerEviction Pod/web-1: Marking for deletion Pod default/web-1');
  });
});

describe('pods of a Node object that is deleted', () => {
  it('are removed after a while, unless the node comes back', async () => {
    await using rig = new TestRig();
    await startCluster(rig, ['n1', 'n2']);
    seedPod(rig, 'on-n1', 'n1');
    seedPod(rig, 'on-n2', 'n2');
    await rig.cluster.client.delete('nodes', undefined, 'n1');
    await rig.cluster.client.delete('nodes', undefined, 'n2');
    await rig.passWithHeartbeats(5_000, 'n2');
    seedNode(rig, 'n2');
    expect(rig.cluster.get('pods', 'default/on-n1')).toBeDefined();
    await rig.passWithHeartbeats(6_000, 'n2');
    expect(rig.cluster.get('pods', 'default/on-n1')).toBeUndefined();
    expect(rig.cluster.get('pods', 'default/on-n2')).toBeDefined();
  });
});

it('removes the oldest ended pods beyond the threshold', async () => {
  await using rig = new TestRig();
  await startCluster(rig, ['n1'], { terminatedPodThreshold: 3 });
  for (let index = 0; index < 6; index += 1) {
    const creationTimestamp = formatTime(rig.clock.now() + index * 1000);
    const pod = seedPod(rig, `job-${index}`, 'n1', { creationTimestamp });
    await rig.cluster.client.updateStatus('pods', { ...pod, status: { phase: 'Succeeded' } });
  }
  await rig.passWithHeartbeats(3_000, 'n1');
  expect(rig.cluster.list('pods').map((pod) => pod.metadata.name)).toEqual(['job-3', 'job-4', 'job-5']);
});
