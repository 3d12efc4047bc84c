import type { PersistentVolume, PersistentVolumeClaim } from '@gantry/api-types';
import { makeNode, makePod } from '@gantry/api-types/testing';
import { makeClaim, makeClass, makeVolume } from '@gantry/core/testing';
import { annotations, finalizers } from '@gantry/core/volumes/names';
import { describe, expect, it } from 'vitest';
import { TestRig } from './testing/test-rig.ts';

/** A node that keeps volumes, the default class, and whatever the test adds. */
function setUp(rig: TestRig): void {
  const directory = { [annotations.claimsDirectory]: '/data/claims' };
  rig.cluster.seed('nodes', makeNode({ name: 'node-1', annotations: directory }));
  rig.cluster.seed('storageclasses.storage.k8s.io', makeClass());
}

const claimOf = (rig: TestRig, name = 'claim') => rig.cluster.get('persistentvolumeclaims', `default/${name}`);
const volumeOf = (rig: TestRig, name: string) => rig.cluster.get('persistentvolumes', name);
const protectedClaim = (options: Parameters<typeof makeClaim>[0] = {}): PersistentVolumeClaim =>
  makeClaim({ className: 'local', finalizers: [finalizers.claimProtection], ...options });

/** The claim's volume as made for it, with the claim bound: what the first pod leaves behind. */
async function provision(rig: TestRig): Promise<PersistentVolume> {
  rig.cluster.seed('persistentvolumeclaims', protectedClaim({ annotations: { [annotations.selectedNode]: 'node-1' } }));
  rig.start();
  await rig.pass();
  const volume = volumeOf(rig, claimOf(rig)?.spec.volumeName ?? '');
  if (!volume) throw new Error(`the claim was not bound: ${JSON.stringify(claimOf(rig))}`);
  return volume;
}

describe('claims', () => {
  it('wait for their first pod, then are bound to a directory on its node, and both sides say so', async () => {
    await using rig = new TestRig();
    setUp(rig);
    rig.cluster.seed('persistentvolumeclaims', protectedClaim());
    rig.start();
    await rig.pass();
    expect(claimOf(rig)?.status.phase).toBe('Pending');
    expect(rig.events).toContain(
      'Normal WaitForFirstConsumer PersistentVolumeClaim/claim: waiting for first consumer to be created before binding',
    );
    const selected = { metadata: { annotations: { [annotations.selectedNode]: 'node-1' } } };
    await rig.cluster.client.mergePatch('persistentvolumeclaims', 'default', 'claim', selected);
    await rig.pass();
    const name = `pvc-${claimOf(rig)?.metadata.uid}`;
    expect(claimOf(rig)).toMatchObject({
      spec: { volumeName: name },
      status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } },
    });
    expect(volumeOf(rig, name)).toMatchObject({
      spec: { local: { path: `/data/claims/${name}` } },
      status: { phase: 'Bound' },
    });
    expect(rig.errors).toEqual([]);
  });

  it('of a class without a provisioner take a volume made by hand, each its own', async () => {
    await using rig = new TestRig();
    for (const name of ['a', 'b'])
      rig.cluster.seed('persistentvolumeclaims', protectedClaim({ name, className: 'hand' }));
    rig.start();
    await rig.pass();
    for (const name of ['x', 'y'])
      rig.cluster.seed('persistentvolumes', makeVolume({ name, className: 'hand', phase: 'Pending' }));
    await rig.pass();
    const names = ['a', 'b'].map((name) => claimOf(rig, name)?.spec.volumeName);
    expect(new Set(names)).toEqual(new Set(['x', 'y']));
    expect(rig.cluster.list('persistentvolumes').map(({ status }) => status?.phase)).toEqual(['Bound', 'Bound']);
  });

  it('take the default class once there is one', async () => {
    await using rig = new TestRig();
    const { spec, ...rest } = protectedClaim();
    const { storageClassName: _, ...classless } = spec;
    rig.cluster.seed('persistentvolumeclaims', { ...rest, spec: classless });
    rig.start();
    await rig.pass();
    expect(claimOf(rig)?.spec.storageClassName).toBeUndefined();
    rig.cluster.seed(
      'storageclasses.storage.k8s.io',
      makeClass({ annotations: { [annotations.isDefaultClass]: 'true' } }),
    );
    await rig.pass();
    expect(claimOf(rig)?.spec.storageClassName).toBe('local');
  });

  it('grow as they ask', async () => {
    await using rig = new TestRig();
    setUp(rig);
    const volume = await provision(rig);
    const more = { spec: { resources: { requests: { storage: '5Gi' } } } };
    await rig.cluster.client.mergePatch('persistentvolumeclaims', 'default', 'claim', more);
    await rig.pass();
    expect(claimOf(rig)?.status.capacity).toEqual({ storage: '5Gi' });
    expect(volumeOf(rig, volume.metadata.name)?.spec.capacity).toEqual({ storage: '5Gi' });
  });

  it('that are deleted stay until no pod uses them', async () => {
    await using rig = new TestRig();
    setUp(rig);
    await provision(rig);
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'claim' } }];
    rig.cluster.seed('pods', makePod({ name: 'user', nodeName: 'node-1', spec: { volumes } }));
    await rig.cluster.client.delete('persistentvolumeclaims', 'default', 'claim');
    await rig.pass();
    expect(claimOf(rig)?.metadata.deletionTimestamp).toBeDefined();
    await rig.cluster.client.delete('pods', 'default', 'user', { gracePeriodSeconds: 0 });
    await rig.pass();
    expect(claimOf(rig)).toBeUndefined();
  });

  it('whose volume vanishes are lost', async () => {
    await using rig = new TestRig();
    setUp(rig);
    const { metadata } = await provision(rig);
    await rig.cluster.client.mergePatch('persistentvolumes', undefined, metadata.name, {
      metadata: { finalizers: [] },
    });
    await rig.cluster.client.delete('persistentvolumes', undefined, metadata.name);
    await rig.pass();
    expect(claimOf(rig)?.status.phase).toBe('Lost');
    expect(rig.events.join()).toContain('Warning ClaimLost');
  });
});

describe('volumes', () => {
  it('are released with their claim, and not given to a new claim of the name', async () => {
    await using rig = new TestRig();
    setUp(rig);
    const { metadata } = await provision(rig);
    await rig.cluster.client.delete('persistentvolumeclaims', 'default', 'claim');
    await rig.pass();
    rig.cluster.seed('persistentvolumeclaims', protectedClaim({ uid: 'another' }));
    await rig.pass();
    expect(volumeOf(rig, metadata.name)?.status?.phase).toBe('Released');
    expect(claimOf(rig)?.status.phase).toBe('Pending');
  });

  it('that are deleted stay while they are bound', async () => {
    await using rig = new TestRig();
    const volume = makeVolume({ finalizers: [finalizers.volumeProtection] });
    rig.cluster.seed('persistentvolumes', volume);
    rig.cluster.seed('persistentvolumeclaims', protectedClaim({ className: '' }));
    rig.start();
    await rig.pass();
    await rig.cluster.client.delete('persistentvolumes', undefined, 'volume');
    await rig.pass();
    expect(volumeOf(rig, 'volume')?.status?.phase).toBe('Bound');
    await rig.cluster.client.delete('persistentvolumeclaims', 'default', 'claim');
    await rig.pass();
    expect(volumeOf(rig, 'volume')).toBeUndefined();
  });

  it('of a node that is gone fail to be deleted, and can be given up', async () => {
    await using rig = new TestRig();
    setUp(rig);
    const { metadata } = await provision(rig);
    await rig.cluster.client.delete('persistentvolumeclaims', 'default', 'claim');
    await rig.cluster.client.delete('nodes', undefined, 'node-1');
    await rig.pass();
    expect(volumeOf(rig, metadata.name)?.status).toMatchObject({ phase: 'Failed' });
    expect(rig.events.join()).toContain('VolumeFailedDelete');
    await rig.cluster.client.delete('persistentvolumes', undefined, metadata.name);
    await rig.pass();
    expect(volumeOf(rig, metadata.name)).toBeUndefined();
  });
});

it('makes the claim of an ephemeral volume, owned by its pod', async () => {
  await using rig = new TestRig();
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } };
  const volumes = [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { metadata: { labels: { a: 'b' } }, spec } } }];
  const pod = rig.cluster.seed('pods', makePod({ name: 'p', spec: { volumes } }));
  rig.start();
  await rig.pass();
  expect(claimOf(rig, 'p-scratch')).toMatchObject({
    metadata: { labels: { a: 'b' }, ownerReferences: [{ kind: 'Pod', uid: pod.metadata.uid, controller: true }] },
    spec,
  });
});
