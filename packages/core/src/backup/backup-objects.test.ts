import { expect, it } from 'vitest';
import { type AnyObject, isBackedUp, restoreOrder, toBackup, toRestore, withoutAllocations } from './backup-objects.ts';

function object(kind: string, parts: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}): AnyObject {
  const base = { name: 'x', namespace: 'shop', uid: 'old', resourceVersion: '7', creationTimestamp: 't' };
  return { apiVersion: 'v1', kind, metadata: { ...base, ...metadata }, ...parts } as AnyObject;
}

it('keeps what a user wrote and not what the cluster added', () => {
  const metadata = {
    generation: 3,
    managedFields: [],
    labels: { app: 'x' },
    annotations: { note: 'mine', 'deployment.kubernetes.io/revision': '4' },
    finalizers: ['kubernetes.io/pvc-protection', 'example.com/mine'],
  };
  const kept = toBackup(object('ConfigMap', { data: { a: 'b' }, status: { phase: 'x' } }, metadata));
  expect(kept).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'x',
      namespace: 'shop',
      uid: 'old',
      labels: { app: 'x' },
      annotations: { note: 'mine' },
      finalizers: ['example.com/mine'],
    },
    data: { a: 'b' },
  });
});

it('takes a node pool without the hosts that it has and without what keeps it until they are gone', () => {
  const spec = { provider: 'docker', maxNodes: 3, template: { cpu: '2', memory: '4Gi' } };
  const status = { nodes: 1, hosts: [{ name: 'burst-1', phase: 'Ready' }] };
  const pool = object('NodePool', { spec, status }, { name: 'burst', finalizers: ['gantry.io/node-pool'] });
  expect(toBackup(pool)).toEqual({
    apiVersion: 'v1',
    kind: 'NodePool',
    metadata: { name: 'burst', namespace: 'shop', uid: 'old' },
    spec,
  });
  expect(isBackedUp('nodepools', ['list', 'create'])).toBe(true);
  expect(isBackedUp('nodes', ['list', 'create'])).toBe(false);
});

it.each<[string, AnyObject]>([
  ['a pod of a ReplicaSet', object('Pod', {}, { ownerReferences: [{ uid: 'u', controller: true }] })],
  ['a pod that has ended', object('Pod', { status: { phase: 'Succeeded' } })],
  ['a Job that is complete', object('Job', { status: { conditions: [{ type: 'Complete', status: 'True' }] } })],
  ['what is being deleted', object('Secret', {}, { deletionTimestamp: 'now' })],
  ['join tokens', object('Secret', { type: 'bootstrap.kubernetes.io/token' })],
  ['the Service of the API', object('Service', {}, { name: 'kubernetes', namespace: 'default' })],
  ['the Endpoints of the API', object('Endpoints', {}, { name: 'kubernetes', namespace: 'default' })],
  [
    'Endpoints made of pods',
    object('Endpoints', {}, { labels: { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' } }),
  ],
  ['the CA of the cluster', object('ConfigMap', {}, { name: 'kube-root-ca.crt' })],
  [
    'a directory of a node',
    object('PersistentVolume', {}, { annotations: { 'pv.kubernetes.io/provisioned-by': 'g' } }),
  ],
])('leaves out %s', (_, left) => {
  expect(toBackup(left)).toBeUndefined();
});

it('takes from a pod its node and the token of its ServiceAccount', () => {
  const mounts = [{ name: 'data' }, { name: 'kube-api-access-x2k' }];
  const spec = {
    nodeName: 'node-1',
    priority: 0,
    volumes: [{ name: 'data' }, { name: 'kube-api-access-x2k' }],
    containers: [{ name: 'main', volumeMounts: mounts }, { name: 'side' }],
  };
  expect(toBackup(object('Pod', { spec }))?.spec).toEqual({
    volumes: [{ name: 'data' }],
    containers: [{ name: 'main', volumeMounts: [{ name: 'data' }] }, { name: 'side' }],
  });
});

it('lets a claim find another volume, unless its user named it', () => {
  const spec = { volumeName: 'pv', accessModes: [] };
  const bound = { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } };
  expect(toBackup(object('PersistentVolumeClaim', { spec }, bound))?.spec).toEqual({ accessModes: [] });
  expect(toBackup(object('PersistentVolumeClaim', { spec }))?.spec).toEqual(spec);
  const volume = toBackup(
    object('PersistentVolume', { spec: { claimRef: { name: 'c', uid: 'u', resourceVersion: '1' } } }),
  );
  expect(volume?.spec).toEqual({ claimRef: { name: 'c' } });
});

it('lets a Job get a selector of its new uid', () => {
  const labels = { app: 'x', 'controller-uid': 'old', 'batch.kubernetes.io/job-name': 'x' };
  const spec = { selector: { matchLabels: { 'controller-uid': 'old' } }, template: { metadata: { labels }, spec: {} } };
  expect(toBackup(object('Job', { spec }))?.spec).toEqual({
    template: { metadata: { labels: { app: 'x' } }, spec: {} },
  });
});

it('creates what others need first', () => {
  const kinds = ['Deployment', 'Service', 'PersistentVolumeClaim', 'Secret', 'Namespace', 'Pod'];
  const sorted = restoreOrder(kinds.map((kind) => object(kind))).map(({ kind }) => kind);
  expect(sorted).toEqual(['Namespace', 'Secret', 'PersistentVolumeClaim', 'Service', 'Deployment', 'Pod']);
});

it('names owners by their new uids and forgets those that are not there', () => {
  const ownerReferences = [{ uid: 'a' }, { uid: 'b' }];
  const restored = toRestore(object('ConfigMap', {}, { ownerReferences }), new Map([['a', 'new']]));
  expect(restored.metadata.ownerReferences).toEqual([{ uid: 'new' }]);
  expect(restored.metadata).not.toHaveProperty('uid');
});

it('gives up addresses and node ports where they are taken', () => {
  const spec = { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports: [{ port: 80, nodePort: 30080 }] };
  expect(withoutAllocations(object('Service', { spec })).map((other) => other.spec)).toEqual([
    { ports: [{ port: 80, nodePort: 30080 }] },
    { ports: [{ port: 80 }] },
  ]);
  const headless = { clusterIP: 'None', clusterIPs: ['None'], ports: [{ port: 80 }] };
  expect(withoutAllocations(object('Service', { spec: headless }))).toEqual([]);
  expect(withoutAllocations(object('Pod', { spec: {} }))).toEqual([]);
});
