import type { PersistentVolume } from '@gantry/api-types';
import type { NodeObjectChange } from '@gantry/api-types/protocol';
import { makePod } from '@gantry/api-types/testing';
import { FakeClock, makeClaim, makeVolume } from '@gantry/core/testing';
import { annotations, finalizers } from '@gantry/core/volumes/names';
import { expect, it } from 'vitest';
import { FakeCluster } from '../controllers/testing/fake-cluster.ts';
import { NodeObjects } from './node-objects.ts';
import { removeReclaimedVolume } from './reclaimed-volumes.ts';

function setUp() {
  const cluster = new FakeCluster(new FakeClock());
  const objects = new NodeObjects(cluster.informers);
  const sent: string[] = [];
  const listen = (nodeName: string) =>
    objects.subscribe(nodeName, (changes) => sent.push(...changes.map(describeChange)));
  return { cluster, listen, take: () => sent.splice(0) };
}

function describeChange(change: NodeObjectChange): string {
  return 'deletedKey' in change
    ? `-${change.resource}/${change.deletedKey}`
    : `+${change.resource}/${change.object.metadata.name}`;
}

const user = (name = 'web') =>
  makePod({
    name,
    nodeName: 'node-1',
    spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'claim' } }] },
  });

const released: Parameters<typeof makeVolume>[0] = {
  name: 'pvc-1',
  node: 'node-1',
  phase: 'Released',
  annotations: { [annotations.provisionedBy]: 'gantry.io/local' },
  finalizers: [finalizers.directory],
  spec: { persistentVolumeReclaimPolicy: 'Delete' },
};

it('sends a node the claims and volumes of its pods, before the pods', () => {
  const { cluster, listen, take } = setUp();
  cluster.seed('persistentvolumes', makeVolume());
  cluster.seed('persistentvolumeclaims', makeClaim({ volumeName: 'volume' }));
  cluster.seed('pods', user());
  listen('node-2');
  expect(take()).toEqual([]);
  listen('node-1');
  expect(take()).toEqual(['+persistentvolumes/volume', '+persistentvolumeclaims/claim', '+pods/web']);
});

it('sends the volume of a claim that is bound later, and takes both back with the last pod', async () => {
  const { cluster, listen, take } = setUp();
  listen('node-1');
  cluster.seed('pods', user());
  cluster.seed('persistentvolumeclaims', makeClaim());
  cluster.seed('persistentvolumes', makeVolume());
  expect(take()).toEqual(['+pods/web', '+persistentvolumeclaims/claim']);
  await cluster.client.mergePatch('persistentvolumeclaims', 'default', 'claim', { spec: { volumeName: 'volume' } });
  expect(take()).toEqual(['+persistentvolumes/volume', '+persistentvolumeclaims/claim']);
  await cluster.client.delete('pods', 'default', 'web', { gracePeriodSeconds: 0 });
  expect(take()).toEqual(['-pods/default/web', '-persistentvolumes/volume', '-persistentvolumeclaims/default/claim']);
});

it('names the released volumes to the node that has them, also one that was away', () => {
  const { cluster, listen, take } = setUp();
  cluster.seed('persistentvolumes', makeVolume(released));
  cluster.seed('persistentvolumes', makeVolume({ ...released, name: 'kept', spec: {} }));
  listen('node-2');
  listen('node-1');
  expect(take()).toEqual(['+persistentvolumes/pvc-1']);
});

it('lets the object of a volume go once its node has removed the directory, and no other node', async () => {
  const { cluster } = setUp();
  const volume: PersistentVolume = cluster.seed('persistentvolumes', makeVolume(released));
  const { name, uid } = volume.metadata;
  await removeReclaimedVolume(cluster, 'node-2', { name, uid });
  expect(cluster.get('persistentvolumes', name)?.metadata.deletionTimestamp).toBeUndefined();
  await removeReclaimedVolume(cluster, 'node-1', { name, uid: 'another' });
  expect(cluster.get('persistentvolumes', name)?.metadata.deletionTimestamp).toBeUndefined();
  await removeReclaimedVolume(cluster, 'node-1', { name, uid });
  expect(cluster.get('persistentvolumes', name)).toBeUndefined();
});
