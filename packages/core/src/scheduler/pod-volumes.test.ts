import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '@gantry/api-types';
import { keyOf } from '@gantry/api-types';
import { makeNode, makePod } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { makeClaim, makeClass, makeVolume } from '../testing/index.ts';
import { annotations } from '../volumes/names.ts';
import { PodScheduler } from './pod-scheduler.ts';
import { ClusterSnapshot } from './snapshot.ts';

interface World {
  readonly nodes?: readonly Node[];
  readonly claims?: readonly PersistentVolumeClaim[];
  readonly volumes?: readonly PersistentVolume[];
  readonly classes?: readonly StorageClass[];
  readonly pods?: readonly Pod[];
}

const threeNodes = ['node-1', 'node-2', 'node-3'].map((name) => makeNode({ name }));

function snapshotOf(world: World): ClusterSnapshot {
  const snapshot = new ClusterSnapshot();
  for (const node of world.nodes ?? threeNodes) snapshot.setNode(node);
  snapshot.changeVolumes((state) => {
    for (const claim of world.claims ?? []) state.setClaim(keyOf(claim), claim);
    for (const volume of world.volumes ?? []) state.setVolume(volume.metadata.name, volume);
    for (const each of world.classes ?? [makeClass()]) state.setStorageClass(each.metadata.name, each);
  });
  for (const pod of world.pods ?? []) snapshot.setPod(pod);
  return snapshot;
}

function decide(snapshot: ClusterSnapshot, pod: Pod): string {
  const result = new PodScheduler(snapshot).schedule(snapshot.factory.parse(pod));
  return result.outcome === 'feasible' ? result.nodeName : result.message;
}

const podWith = (claimName: string, options: Parameters<typeof makePod>[0] = {}) =>
  makePod({ ...options, spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }], ...options.spec } });

const boundTo = (volumeName: string, options: Parameters<typeof makeClaim>[0] = {}) =>
  makeClaim({ volumeName, phase: 'Bound', ...options, annotations: { [annotations.bindCompleted]: 'yes' } });

describe('a pod with a claim', () => {
  it('goes where the data of its bound claim is', () => {
    const snapshot = snapshotOf({ claims: [boundTo('volume')], volumes: [makeVolume({ node: 'node-3' })] });
    expect(decide(snapshot, podWith('claim'))).toBe('node-3');
  });

  it.each<[string, World, string]>([
    ['is missing', {}, 'persistentvolumeclaim "claim" not found'],
    [
      'is being deleted',
      { claims: [makeClaim({ deletionTimestamp: '2026-01-01T00:00:00Z' })] },
      'persistentvolumeclaim "claim" is being deleted',
    ],
    [
      'has lost its volume',
      { claims: [makeClaim({ phase: 'Lost', volumeName: 'gone' })] },
      'persistentvolumeclaim "claim" bound to non-existent persistentvolume "gone"',
    ],
    ['waits for a volume', { claims: [makeClaim()] }, 'pod has unbound immediate PersistentVolumeClaims'],
  ])('waits where the claim %s', (_, world, reason) => {
    expect(decide(snapshotOf(world), podWith('claim'))).toBe(`0/3 nodes are available: ${reason}.`);
  });

  it.each<[string, World, string]>([
    [
      'its data is on a node that is cordoned',
      {
        nodes: [makeNode({ name: 'node-1', isUnschedulable: true }), makeNode({ name: 'node-2' })],
        claims: [boundTo('volume')],
        volumes: [makeVolume({ node: 'node-1' })],
      },
      '0/2 nodes are available: 1 node(s) had volume node affinity conflict, 1 node(s) were unschedulable.',
    ],
    [
      'volumes of its class are made by hand and none is free',
      {
        claims: [makeClaim({ className: 'hand' })],
        classes: [makeClass({ name: 'hand', provisioner: 'kubernetes.io/no-provisioner' })],
        volumes: [makeVolume({ className: 'hand', storage: '1Mi' })],
      },
      "0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind.",
    ],
    [
      'it asks for more than any disk has',
      {
        nodes: [
          makeNode({ status: { allocatable: { cpu: '4', memory: '8Gi', pods: '9', 'ephemeral-storage': '1Gi' } } }),
        ],
        claims: [makeClaim({ className: 'local', storage: '2Gi' })],
      },
      '0/1 nodes are available: 1 node(s) did not have enough free storage.',
    ],
  ])('waits where %s', (_, world, message) => {
    expect(decide(snapshotOf(world), podWith('claim'))).toBe(message);
  });

  it('takes a volume made by hand before one is made, on the node that has it', () => {
    const volumes = [makeVolume({ className: 'local', node: 'node-2' })];
    const classes = [makeClass({ provisioner: 'kubernetes.io/no-provisioner' })];
    const snapshot = snapshotOf({ claims: [makeClaim({ className: 'local' })], volumes, classes });
    const pod = snapshot.factory.parse(podWith('claim'));
    expect(decide(snapshot, podWith('claim'))).toBe('node-2');
    expect(snapshot.assume(pod, 'node-2')).toMatchObject({ bindings: [{ volume: volumes[0] }], toProvision: [] });
  });

  it('has a volume made where it goes, and keeps others that use the claim to that node', () => {
    const snapshot = snapshotOf({ claims: [makeClaim({ className: 'local' })] });
    const first = snapshot.factory.parse(podWith('claim', { name: 'first' }));
    expect(snapshot.assume(first, 'node-2')).toMatchObject({ bindings: [], toProvision: [{ name: 'claim' }] });
    expect(decide(snapshot, podWith('claim', { name: 'second' }))).toBe('node-2');
    // The clone remembers, and what is taken back is forgotten.
    const clone = snapshot.clone();
    snapshot.forget(first.uid);
    expect(decide(snapshot, podWith('claim', { name: 'second' }))).toBe('node-1');
    expect(decide(clone, podWith('claim', { name: 'second' }))).toBe('node-2');
  });

  it('does not promise one volume to two claims', () => {
    const classes = [makeClass({ provisioner: 'kubernetes.io/no-provisioner' })];
    const claims = ['a', 'b'].map((name) => makeClaim({ name, className: 'local' }));
    const snapshot = snapshotOf({ claims, classes, volumes: [makeVolume({ className: 'local' })] });
    snapshot.assume(snapshot.factory.parse(podWith('a', { name: 'a' })), 'node-1');
    expect(decide(snapshot, podWith('b', { name: 'b' }))).toContain("didn't find available persistent volumes to bind");
  });

  it('waits while another pod uses a ReadWriteOncePod claim', () => {
    const claims = [boundTo('volume', { accessModes: ['ReadWriteOncePod'] })];
    const other = podWith('claim', { name: 'other', nodeName: 'node-1' });
    const snapshot = snapshotOf({ claims, volumes: [makeVolume()], pods: [other] });
    expect(decide(snapshot, podWith('claim'))).toContain('ReadWriteOncePod access mode');
    snapshot.removePod(other.metadata.uid);
    expect(decide(snapshot, podWith('claim'))).toBe('node-1');
  });

  it('waits for the claim of its ephemeral volume', () => {
    const volumeClaimTemplate = { spec: { accessModes: ['ReadWriteOnce'] } };
    const pod = makePod({ name: 'p', spec: { volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate } }] } });
    expect(decide(snapshotOf({}), pod)).toContain(
      'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-v"',
    );
  });
});

it('is tried again when its claim appears, though no node changed', () => {
  const snapshot = snapshotOf({});
  const before = snapshot.volumesVersion;
  expect(decide(snapshot, podWith('claim'))).toContain('not found');
  snapshot.changeVolumes((state) => state.setClaim('default/claim', makeClaim({ className: 'local' })));
  expect(snapshot.volumesVersion).not.toBe(before);
  expect(decide(snapshot, podWith('claim'))).toBe('node-1');
});
