import { describe, expect, it } from 'vitest';
import { makeAllReady, makeReady, podNames } from './testing/pod-reports.ts';
import { TestRig } from './testing/test-rig.ts';

const selector = { matchLabels: { app: 'db' } };

function template(image = 'db:1') {
  return { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'main', image }] } };
}

function seedSet(rig: TestRig, spec: object = {}) {
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };
  return rig.cluster.seed('statefulsets.apps', {
    metadata: { name: 'db', namespace: 'default' },
    spec: { replicas: 3, serviceName: 'db', selector, template: template(), updateStrategy, ...spec },
    status: { replicas: 0, availableReplicas: 0 },
  });
}

const setOf = (rig: TestRig) => rig.cluster.get('statefulsets.apps', 'default/db');
const imagesOf = (rig: TestRig) =>
  Object.fromEntries(rig.cluster.list('pods').map((pod) => [pod.metadata.name, pod.spec.containers[0]?.image]));
const patchSet = (rig: TestRig, patch: object) =>
  rig.cluster.client.mergePatch('statefulsets.apps', 'default', 'db', patch);

describe('StatefulSets', () => {
  it('start in order, say what they do, and report it', async () => {
    await using rig = new TestRig();
    seedSet(rig);
    rig.start();
    await rig.pass(1000);
    expect(podNames(rig)).toEqual(['db-0']);
    await makeAllReady(rig);
    expect(podNames(rig)).toEqual(['db-0', 'db-1', 'db-2']);
    expect(rig.events).toContain(
      'Normal SuccessfulCreate StatefulSet/db: create Pod db-2 in StatefulSet db successful',
    );
    expect(setOf(rig)?.status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      observedGeneration: 1,
      collisionCount: 0,
    });
    expect(rig.errors).toEqual([]);
  });

  it('roll out from the highest ordinal, keep former revisions, and go back to one', async () => {
    await using rig = new TestRig();
    seedSet(rig);
    rig.start();
    await makeAllReady(rig);
    const first = setOf(rig)?.status.updateRevision;
    await patchSet(rig, { spec: { template: template('db:2') } });
    await rig.pass();
    expect(imagesOf(rig)).toEqual({ 'db-0': 'db:1', 'db-1': 'db:1', 'db-2': 'db:2' });
    await makeAllReady(rig, 40);
    expect(new Set(Object.values(imagesOf(rig)))).toEqual(new Set(['db:2']));
    expect(setOf(rig)?.status.currentRevision).toBe(setOf(rig)?.status.updateRevision);
    await patchSet(rig, { spec: { template: template('db:1') } });
    await makeAllReady(rig, 40);
    expect(setOf(rig)?.status.currentRevision).toBe(first);
    const revisions = rig.cluster.list('controllerrevisions.apps').map(({ revision }) => revision);
    expect(revisions.toSorted()).toEqual([2, 3]);
  });

  it('keep no more revisions than their limit', async () => {
    await using rig = new TestRig();
    seedSet(rig, { replicas: 1, revisionHistoryLimit: 1 });
    rig.start();
    for (let version = 1; version <= 5; version += 1) {
      await patchSet(rig, { spec: { template: template(`db:${version}`) } });
      await makeAllReady(rig, 10);
    }
    expect(rig.cluster.list('controllerrevisions.apps')).toHaveLength(2);
  });

  it('make the claims of a pod before it, and keep them when it goes', async () => {
    await using rig = new TestRig();
    const claims: string[] = [];
    rig.cluster.onWrite = ({ verb, resource, object }) => {
      if (verb === 'create' && (resource === 'pods' || resource === 'persistentvolumeclaims'))
        claims.push(object.metadata.name);
    };
    const volumeClaimTemplates = [
      { metadata: { name: 'data' }, spec: { resources: { requests: { storage: '1Gi' } } } },
    ];
    seedSet(rig, { replicas: 2, volumeClaimTemplates });
    rig.start();
    await makeAllReady(rig);
    expect(claims).toEqual(['data-db-0', 'db-0', 'data-db-1', 'db-1']);
    expect(rig.events).toContain(
      'Normal SuccessfulCreate StatefulSet/db: create Claim data-db-1 Pod db-1 in StatefulSet db success',
    );
    await patchSet(rig, { spec: { replicas: 0 } });
    await rig.pass(1000);
    expect(podNames(rig)).toEqual([]);
    await rig.cluster.client.delete('statefulsets.apps', 'default', 'db', { propagationPolicy: 'Background' });
    await rig.pass(1000);
    expect(rig.cluster.list('persistentvolumeclaims')).toHaveLength(2);
  });

  it('let claims go with the pod or the set where the retention policy says so', async () => {
    await using rig = new TestRig();
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: {} }];
    const persistentVolumeClaimRetentionPolicy = { whenDeleted: 'Delete', whenScaled: 'Delete' };
    seedSet(rig, { replicas: 2, volumeClaimTemplates, persistentVolumeClaimRetentionPolicy });
    rig.start();
    await makeAllReady(rig);
    await patchSet(rig, { spec: { replicas: 1 } });
    await rig.pass(1000);
    expect(rig.cluster.list('persistentvolumeclaims').map(({ metadata }) => metadata.name)).toEqual(['data-db-0']);
    await patchSet(rig, { spec: { replicas: 2 } });
    await makeAllReady(rig);
    expect(rig.cluster.list('persistentvolumeclaims')).toHaveLength(2);
    await rig.cluster.client.delete('statefulsets.apps', 'default', 'db', { propagationPolicy: 'Background' });
    await rig.pass(1000);
    expect(rig.cluster.list('persistentvolumeclaims')).toEqual([]);
  });

  it('never double a pod of a node that is lost', async () => {
    await using rig = new TestRig();
    // The others live: where all nodes are lost, none is evicted.
    for (const name of ['n1', 'n2', 'n3']) rig.cluster.seed('nodes', { metadata: { name }, spec: {}, status: {} });
    seedSet(rig, { replicas: 1 });
    rig.start();
    await rig.pass();
    const [pod] = rig.cluster.list('pods');
    if (!pod) throw new Error('no pod');
    await rig.cluster.client.update('pods', { ...pod, spec: { ...pod.spec, nodeName: 'n1' } });
    await rig.passWithHeartbeats(2000, 'n1', 'n2', 'n3');
    const running = rig.cluster.get('pods', 'default/db-0');
    if (running) await makeReady(rig, running);
    await rig.passWithHeartbeats(20_000, 'n2', 'n3');
    expect(rig.cluster.get('nodes', 'n1')?.spec.taints).toContainEqual(
      expect.objectContaining({ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }),
    );
    expect(rig.cluster.list('pods').map(({ metadata }) => metadata.uid)).toEqual([pod.metadata.uid]);
    expect(rig.cluster.get('pods', 'default/db-0')?.metadata.deletionTimestamp).toBeDefined();
    // The node returns and says that the pod ended: now its successor may come.
    await rig.cluster.client.delete('pods', 'default', 'db-0', { gracePeriodSeconds: 0 });
    await rig.pass();
    expect(podNames(rig)).toEqual(['db-0']);
    expect(rig.cluster.get('pods', 'default/db-0')?.metadata.uid).not.toBe(pod.metadata.uid);
  });

  it('leave alone pods with their labels and another name', async () => {
    await using rig = new TestRig();
    const { metadata, spec } = template();
    rig.cluster.seed('pods', { metadata: { ...metadata, name: 'debug', namespace: 'default' }, spec });
    seedSet(rig, { replicas: 1 });
    rig.start();
    await makeAllReady(rig);
    expect(rig.cluster.get('pods', 'default/debug')?.metadata.ownerReferences).toBeUndefined();
    expect(setOf(rig)?.status.replicas).toBe(1);
  });

  it('take over pods and revisions of a set that was deleted without them', async () => {
    await using rig = new TestRig();
    seedSet(rig);
    rig.start();
    await makeAllReady(rig);
    const before = rig.cluster.list('pods').map(({ metadata }) => metadata.uid);
    await rig.cluster.client.delete('statefulsets.apps', 'default', 'db', { propagationPolicy: 'Orphan' });
    await rig.pass(1000);
    seedSet(rig);
    await rig.pass(1000);
    expect(rig.cluster.list('pods').map(({ metadata }) => metadata.uid)).toEqual(before);
    expect(rig.cluster.list('controllerrevisions.apps')).toHaveLength(1);
    expect(setOf(rig)?.status).toMatchObject({ updatedReplicas: 3, readyReplicas: 3 });
  });
});
