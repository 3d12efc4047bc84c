import { ApiError } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { makeAllReady } from './testing/pod-reports.ts';
import { TestRig } from './testing/test-rig.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } };
const selector = { matchLabels: { app: 'web' } };

function seedReplicaSet(rig: TestRig, replicas: number, name = 'web') {
  const spec = { replicas, selector, template };
  return rig.cluster.seed('replicasets.apps', {
    metadata: { name, namespace: 'default' },
    spec,
    status: { replicas: 0 },
  });
}

function seedDeployment(rig: TestRig, replicas: number) {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } };
  const spec = { replicas, selector, template, strategy, progressDeadlineSeconds: 600 };
  return rig.cluster.seed('deployments.apps', { metadata: { name: 'web', namespace: 'default' }, spec, status: {} });
}

describe('ReplicaSets', () => {
  it('create their pods, replace those that go, and remove those that are too many', async () => {
    await using rig = new TestRig();
    const replicaSet = seedReplicaSet(rig, 3);
    rig.start();
    await rig.pass();
    expect(rig.cluster.list('pods')).toHaveLength(3);
    expect(rig.events.filter((event) => event.includes('SuccessfulCreate'))).toHaveLength(3);
    const [first] = rig.cluster.list('pods');
    await rig.cluster.client.delete('pods', 'default', first?.metadata.name ?? '');
    await rig.pass();
    expect(rig.cluster.list('pods')).toHaveLength(3);
    await rig.cluster.client.mergePatch('replicasets.apps', 'default', 'web', { spec: { replicas: 1 } });
    await rig.pass();
    expect(rig.cluster.list('pods')).toHaveLength(1);
    expect(rig.cluster.get('replicasets.apps', 'default/web')?.status).toEqual({
      replicas: 1,
      fullyLabeledReplicas: 1,
      terminatingReplicas: 0,
      observedGeneration: (replicaSet.metadata.generation ?? 0) + 1,
    });
    expect(rig.errors).toEqual([]);
  });

  it('replaced by a namesake while their pods are being made do not hold it up', async () => {
    await using rig = new TestRig();
    seedReplicaSet(rig, 3);
    let replaced = 0;
    rig.cluster.onWrite = ({ verb, resource }) => {
      if (verb !== 'create' || resource !== 'pods' || replaced > 0) return;
      replaced += 1;
      void rig.cluster.client.delete('replicasets.apps', 'default', 'web');
      seedReplicaSet(rig, 3);
    };
    rig.start();
    await rig.pass(1000);
    const { uid } = rig.cluster.get('replicasets.apps', 'default/web')?.metadata ?? {};
    const owners = rig.cluster.list('pods').map(({ metadata }) => metadata.ownerReferences?.[0]?.uid);
    expect(owners.filter((owner) => owner === uid)).toHaveLength(3);
  });

  it('reach a thousand pods without back-off', async () => {
    await using rig = new TestRig();
    seedReplicaSet(rig, 1000);
    rig.start();
    await rig.pass(2000);
    expect(rig.cluster.list('pods')).toHaveLength(1000);
  });

  it('adopt matching pods instead of creating new ones, and release those that are relabelled', async () => {
    await using rig = new TestRig();
    const labels = { app: 'web' };
    rig.cluster.seed('pods', { metadata: { name: 'orphan', namespace: 'default', labels }, spec: template.spec });
    const replicaSet = seedReplicaSet(rig, 1);
    rig.start();
    await rig.pass();
    expect(rig.cluster.list('pods')).toHaveLength(1);
    expect(rig.cluster.get('pods', 'default/orphan')?.metadata.ownerReferences?.[0]?.uid).toBe(replicaSet.metadata.uid);
    await rig.cluster.client.mergePatch('pods', 'default', 'orphan', { metadata: { labels: { app: 'debug' } } });
    await rig.pass();
    expect(rig.cluster.get('pods', 'default/orphan')?.metadata.ownerReferences).toEqual([]);
    expect(rig.cluster.list('pods')).toHaveLength(2);
  });

  it('say why pods cannot be created, try only one at a time, and go on once they can', async () => {
    await using rig = new TestRig();
    let attempts = 0;
    rig.cluster.onWrite = ({ verb, resource }) => {
      if (verb !== 'create' || resource !== 'pods') return;
      attempts += 1;
      throw new ApiError('Forbidden', 'exceeded quota');
    };
    seedReplicaSet(rig, 100);
    rig.start();
    await rig.pass(20);
    expect(attempts).toBeLessThan(5);
    const failed = rig.cluster.get('replicasets.apps', 'default/web')?.status.conditions?.[0];
    expect(failed).toMatchObject({ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' });
    expect(rig.events).toContain('Warning FailedCreate ReplicaSet/web: Error creating: exceeded quota');
    rig.cluster.onWrite = () => undefined;
    await rig.pass(2000);
    expect(rig.cluster.list('pods')).toHaveLength(100);
    expect(rig.cluster.get('replicasets.apps', 'default/web')?.status.conditions).toBeUndefined();
  });

  it('leave thousands of pods without an owner alone, at no write', async () => {
    await using rig = new TestRig();
    rig.start();
    await rig.pass();
    for (let index = 0; index < 2000; index += 1) {
      rig.cluster.seed('pods', { metadata: { name: `p${index}`, namespace: 'load' }, spec: template.spec });
    }
    const before = rig.cluster.writes;
    await rig.pass();
    expect(rig.cluster.writes).toBe(before);
  });
});

describe('Deployments', () => {
  it('roll a new template out and keep the old ReplicaSet for a rollback', async () => {
    await using rig = new TestRig();
    seedDeployment(rig, 4);
    rig.start();
    await rig.pass();
    await makeAllReady(rig);
    const containers = [{ name: 'main', image: 'web:2' }];
    await rig.cluster.client.mergePatch('deployments.apps', 'default', 'web', {
      spec: { template: { spec: { containers } } },
    });
    await rig.pass();
    await makeAllReady(rig);
    expect(rig.cluster.list('pods').map((pod) => pod.spec.containers[0]?.image)).toEqual(
      Array.from({ length: 4 }, () => 'web:2'),
    );
    expect(rig.cluster.list('replicasets.apps').map((replicaSet) => replicaSet.spec.replicas)).toEqual([0, 4]);
    const { status, metadata } = rig.cluster.get('deployments.apps', 'default/web') ?? {};
    expect(status).toMatchObject({ replicas: 4, updatedReplicas: 4, availableReplicas: 4, observedGeneration: 2 });
    expect(metadata?.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
    expect(rig.errors).toEqual([]);
  });

  it('make no write once they are complete', async () => {
    await using rig = new TestRig();
    seedDeployment(rig, 2);
    rig.start();
    await rig.pass();
    await makeAllReady(rig);
    const before = rig.cluster.writes;
    await rig.pass(60_000);
    expect(rig.cluster.writes).toBe(before);
  });

  it('survive a hash collision with a ReplicaSet of somebody else', async () => {
    await using rig = new TestRig();
    seedDeployment(rig, 1);
    let name: string | undefined;
    rig.cluster.onWrite = ({ verb, resource, object }) => {
      if (verb !== 'create' || resource !== 'replicasets.apps' || name) return;
      name = object.metadata.name;
      rig.cluster.seed('replicasets.apps', {
        metadata: { name, namespace: 'default' },
        spec: { replicas: 0, selector: { matchLabels: { app: 'other' } } },
      });
    };
    rig.start();
    await rig.pass(1000);
    expect(rig.cluster.get('deployments.apps', 'default/web')?.status.collisionCount).toBe(1);
    expect(rig.cluster.list('pods')).toHaveLength(1);
  });

  it('say why their ReplicaSet cannot be created, and go on once it can', async () => {
    await using rig = new TestRig();
    rig.cluster.onWrite = ({ verb, resource }) => {
      if (verb === 'create' && resource === 'replicasets.apps') throw new ApiError('Forbidden', 'exceeded quota');
    };
    seedDeployment(rig, 1);
    rig.start();
    await rig.pass();
    expect(rig.cluster.get('deployments.apps', 'default/web')?.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError' }),
    );
    rig.cluster.onWrite = () => undefined;
    await rig.pass(5_000);
    await makeAllReady(rig);
    expect(rig.cluster.get('deployments.apps', 'default/web')?.status.availableReplicas).toBe(1);
  });

  it('take everything with them when deleted', async () => {
    await using rig = new TestRig();
    seedDeployment(rig, 3);
    rig.start();
    await rig.pass();
    await rig.cluster.client.delete('deployments.apps', 'default', 'web', { propagationPolicy: 'Background' });
    await rig.pass();
    expect(rig.cluster.list('replicasets.apps')).toEqual([]);
    expect(rig.cluster.list('pods')).toEqual([]);
  });
});

describe('ReplicationControllers', () => {
  it('keep their number of pods, by a selector that is a plain map', async () => {
    await using rig = new TestRig();
    rig.cluster.seed('replicationcontrollers', {
      metadata: { name: 'old', namespace: 'default' },
      spec: { replicas: 2, selector: { app: 'web' }, template },
      status: { replicas: 0 },
    });
    rig.start();
    await makeAllReady(rig);
    expect(rig.cluster.list('pods').map(({ metadata }) => metadata.ownerReferences?.[0]?.kind)).toEqual([
      'ReplicationController',
      'ReplicationController',
    ]);
    expect(rig.cluster.get('replicationcontrollers', 'default/old')?.status).toEqual({
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      observedGeneration: 1,
    });
    await rig.cluster.client.mergePatch('replicationcontrollers', 'default', 'old', { spec: { replicas: 1 } });
    await rig.pass();
    expect(rig.cluster.list('pods')).toHaveLength(1);
  });
});

describe('stopping', () => {
  it('ends all work and leaves no timer behind', async () => {
    const rig = new TestRig();
    seedDeployment(rig, 3);
    rig.start();
    await rig.pass();
    await rig.stop();
    expect(rig.clock.pendingTimers).toBe(0);
    const before = rig.cluster.writes;
    for (const pod of rig.cluster.list('pods')) await rig.cluster.client.delete('pods', 'default', pod.metadata.name);
    await rig.pass(1000);
    expect(rig.cluster.writes).toBe(before + 3);
  });
});
