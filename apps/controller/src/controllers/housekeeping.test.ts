import type { EndpointSlice, Pod } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { TestRig } from './testing/test-rig.ts';

const containers = [{ name: 'main', image: 'x' }];

interface Owner {
  readonly name: string;
  readonly uid: string;
  readonly block?: boolean;
}

function ownedConfigMap(rig: TestRig, name: string, owners: readonly Owner[], metadata: object = {}) {
  const ownerReferences = owners.map(({ name: ownerName, uid, block }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: ownerName,
    uid,
    blockOwnerDeletion: block ?? false,
  }));
  return rig.cluster.seed('configmaps', {
    metadata: { name, namespace: 'default', uid: name, ownerReferences, ...metadata },
  });
}

function configMaps(rig: TestRig): string[] {
  return rig.cluster.list('configmaps').map(({ metadata }) => metadata.name);
}

describe('the garbage collector', () => {
  it('deletes what is left of an owner, chains of owners included, and nothing else', async () => {
    await using rig = new TestRig();
    ownedConfigMap(rig, 'root', []);
    ownedConfigMap(rig, 'child', [{ name: 'root', uid: 'root' }]);
    ownedConfigMap(rig, 'grandchild', [{ name: 'child', uid: 'child' }]);
    ownedConfigMap(rig, 'bystander', []);
    rig.start();
    await rig.pass();
    expect(configMaps(rig)).toHaveLength(4);
    await rig.cluster.client.delete('configmaps', 'default', 'root');
    await rig.pass();
    expect(configMaps(rig)).toEqual(['bystander']);
  });

  it('finds what lost its owner while nobody looked, and an owner of the same name but another uid', async () => {
    await using rig = new TestRig();
    ownedConfigMap(rig, 'root', []);
    ownedConfigMap(rig, 'of-nobody', [{ name: 'gone', uid: 'gone' }]);
    ownedConfigMap(rig, 'of-a-namesake', [{ name: 'root', uid: 'an-older-one' }]);
    rig.start();
    await rig.pass();
    expect(configMaps(rig)).toEqual(['root']);
  });

  it('keeps what has another owner, and drops the reference to the one that is gone', async () => {
    await using rig = new TestRig();
    ownedConfigMap(rig, 'root', []);
    ownedConfigMap(rig, 'child', [
      { name: 'root', uid: 'root' },
      { name: 'gone', uid: 'gone' },
    ]);
    rig.start();
    await rig.pass();
    expect(rig.cluster.get('configmaps', 'default/child')?.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([
      'root',
    ]);
  });

  it('keeps what is owned by a kind that is not served', async () => {
    await using rig = new TestRig();
    const ownerReferences = [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'w' }];
    ownedConfigMap(rig, 'child', [], { ownerReferences });
    rig.start();
    await rig.pass();
    expect(configMaps(rig)).toEqual(['child']);
  });

  it('lets an owner go last when deleted in the foreground', async () => {
    await using rig = new TestRig();
    ownedConfigMap(rig, 'root', []);
    ownedConfigMap(rig, 'child', [{ name: 'root', uid: 'root', block: true }], { finalizers: ['example.com/hold'] });
    rig.start();
    await rig.pass();
    await rig.cluster.client.delete('configmaps', 'default', 'root', { propagationPolicy: 'Foreground' });
    await rig.pass();
    expect(configMaps(rig)).toEqual(['root', 'child']);
    expect(rig.cluster.get('configmaps', 'default/child')?.metadata.deletionTimestamp).toBeDefined();
    await rig.cluster.client.mergePatch('configmaps', 'default', 'child', { metadata: { finalizers: null } });
    await rig.pass();
    expect(configMaps(rig)).toEqual([]);
  });

  it('keeps the dependents of an owner that is deleted with Orphan', async () => {
    await using rig = new TestRig();
    ownedConfigMap(rig, 'root', []);
    ownedConfigMap(rig, 'child', [{ name: 'root', uid: 'root' }]);
    rig.start();
    await rig.pass();
    await rig.cluster.client.delete('configmaps', 'default', 'root', { propagationPolicy: 'Orphan' });
    await rig.pass();
    expect(configMaps(rig)).toEqual(['child']);
    expect(rig.cluster.get('configmaps', 'default/child')?.metadata.ownerReferences).toEqual([]);
  });

  it('lets an owner go whose only dependents are being deleted themselves', async () => {
    await using rig = new TestRig();
    ownedConfigMap(rig, 'root', []);
    ownedConfigMap(rig, 'child', [{ name: 'root', uid: 'root' }], { finalizers: ['example.com/hold'] });
    rig.start();
    await rig.pass();
    await rig.cluster.client.delete('configmaps', 'default', 'child');
    await rig.cluster.client.delete('configmaps', 'default', 'root', { propagationPolicy: 'Orphan' });
    await rig.pass();
    expect(configMaps(rig)).toEqual(['child']);
  });

  it.each(['Foreground', 'Background'] as const)(
    'ends a cycle of owners deleted in the %s',
    async (propagationPolicy) => {
      await using rig = new TestRig();
      ownedConfigMap(rig, 'a', [{ name: 'c', uid: 'c', block: true }]);
      ownedConfigMap(rig, 'b', [{ name: 'a', uid: 'a', block: true }]);
      ownedConfigMap(rig, 'c', [{ name: 'b', uid: 'b', block: true }]);
      rig.start();
      await rig.pass();
      expect(configMaps(rig)).toHaveLength(3);
      await rig.cluster.client.delete('configmaps', 'default', 'a', { propagationPolicy });
      await rig.pass(1000);
      expect(configMaps(rig)).toEqual([]);
    },
  );

  it('says so where an owner is in another namespace', async () => {
    await using rig = new TestRig();
    rig.cluster.seed('configmaps', { metadata: { name: 'root', namespace: 'other', uid: 'root' } });
    ownedConfigMap(rig, 'child', [{ name: 'root', uid: 'root' }]);
    rig.start();
    await rig.pass();
    expect(rig.events).toContain(
      'Warning OwnerRefInvalidNamespace ConfigMap/child: ownerRef [v1/ConfigMap, namespace: default, name: root, uid: root] does not exist in namespace "default"',
    );
  });
});

describe('namespaces', () => {
  const seedNamespace = (rig: TestRig, name: string) =>
    rig.cluster.seed('namespaces', { metadata: { name }, spec: { finalizers: ['kubernetes'] }, status: {} });

  it('get a default ServiceAccount and the cluster CA, and get them back', async () => {
    await using rig = new TestRig();
    seedNamespace(rig, 'team');
    rig.start({ clusterCa: 'PEM' });
    await rig.pass();
    expect(rig.cluster.get('serviceaccounts', 'team/default')).toBeDefined();
    expect(rig.cluster.get('configmaps', 'team/kube-root-ca.crt')?.data).toEqual({ 'ca.crt': 'PEM' });
    await rig.cluster.client.delete('serviceaccounts', 'team', 'default');
    await rig.cluster.client.mergePatch('configmaps', 'team', 'kube-root-ca.crt', { data: { 'ca.crt': 'forged' } });
    await rig.pass();
    expect(rig.cluster.get('serviceaccounts', 'team/default')).toBeDefined();
    expect(rig.cluster.get('configmaps', 'team/kube-root-ca.crt')?.data).toEqual({ 'ca.crt': 'PEM' });
  });

  it('are emptied when deleted, pods first, and then go', async () => {
    await using rig = new TestRig();
    seedNamespace(rig, 'team');
    rig.cluster.seed('nodes', { metadata: { name: 'n1' }, spec: {}, status: {} });
    const pod = rig.cluster.seed('pods', {
      metadata: { name: 'p', namespace: 'team' },
      spec: { nodeName: 'n1', containers },
    });
    rig.cluster.seed('secrets', { metadata: { name: 's', namespace: 'team' } });
    rig.cluster.seed('secrets', { metadata: { name: 's', namespace: 'other' } });
    rig.start({ clusterCa: 'PEM' });
    await rig.pass();
    await rig.cluster.client.delete('namespaces', undefined, 'team');
    await rig.pass();
    expect(rig.cluster.get('pods', 'team/p')?.metadata.deletionTimestamp).toBeDefined();
    expect(rig.cluster.get('secrets', 'team/s')).toBeDefined();
    const conditions = rig.cluster.get('namespaces', 'team')?.status.conditions ?? [];
    expect(conditions).toContainEqual(
      expect.objectContaining({
        type: 'NamespaceContentRemaining',
        status: 'True',
        reason: 'SomeResourcesRemain',
        message:
          'Some resources are remaining: configmaps. has 1 resource instances, pods. has 1 resource instances, secrets. has 1 resource instances, serviceaccounts. has 1 resource instances',
      }),
    );
    const preconditions = { uid: pod.metadata.uid };
    await rig.cluster.client.delete('pods', 'team', 'p', { gracePeriodSeconds: 0, preconditions });
    await rig.pass(500);
    expect(rig.cluster.get('namespaces', 'team')).toBeUndefined();
    expect(rig.cluster.list('secrets', 'team')).toEqual([]);
    expect(rig.cluster.get('secrets', 'other/s')).toBeDefined();
    expect(rig.errors).toEqual([]);
  });

  it('take with them what was on its way in when they were deleted', async () => {
    await using rig = new TestRig();
    seedNamespace(rig, 'team');
    rig.start();
    await rig.pass();
    let isLate = true;
    rig.cluster.onWrite = ({ verb, resource, object }) => {
      if (verb !== 'update' || resource !== 'namespaces' || !object.metadata.deletionTimestamp || !isLate) return;
      // Accepted before the namespace was marked, stored after: visible no later than the first write that follows.
      isLate = false;
      rig.cluster.seed('secrets', { metadata: { name: 'late', namespace: 'team' } });
    };
    await rig.cluster.client.delete('namespaces', undefined, 'team');
    await rig.pass(1000);
    expect(rig.cluster.get('namespaces', 'team')).toBeUndefined();
    expect(rig.cluster.list('secrets', 'team')).toEqual([]);
  });

  it('do not go while a finalizer holds something in them', async () => {
    await using rig = new TestRig();
    seedNamespace(rig, 'team');
    rig.cluster.seed('secrets', { metadata: { name: 's', namespace: 'team', finalizers: ['example.com/hold'] } });
    rig.start();
    await rig.pass();
    await rig.cluster.client.delete('namespaces', undefined, 'team');
    await rig.pass(1000);
    expect(rig.cluster.get('namespaces', 'team')?.status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'NamespaceFinalizersRemaining',
        message: 'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
      }),
    );
  });
});

describe('EndpointSlices', () => {
  const spec = { selector: { app: 'web' }, clusterIP: '10.96.0.9', ports: [{ port: 80, targetPort: 8080 }] };
  const seedPod = (rig: TestRig, name: string, ip: string, isReady: boolean): Pod =>
    rig.cluster.seed('pods', {
      metadata: { name, namespace: 'default', labels: { app: 'web' } },
      spec: { containers, nodeName: 'n1' },
      status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
    });
  const slices = (rig: TestRig): readonly EndpointSlice[] => rig.cluster.list('endpointslices.discovery.k8s.io');

  it('show the pods of a Service with their readiness, and follow it', async () => {
    await using rig = new TestRig();
    rig.cluster.seed('nodes', { metadata: { name: 'n1' }, spec: {}, status: {} });
    rig.cluster.seed('services', { metadata: { name: 'web', namespace: 'default' }, spec });
    const pod = seedPod(rig, 'a', '10.244.0.5', false);
    rig.start();
    await rig.pass();
    expect(slices(rig)).toHaveLength(1);
    expect(slices(rig)[0]).toMatchObject({
      addressType: 'IPv4',
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
      endpoints: [
        {
          addresses: ['10.244.0.5'],
          nodeName: 'n1',
          conditions: { ready: false, serving: false, terminating: false },
          targetRef: { kind: 'Pod', name: 'a', namespace: 'default' },
        },
      ],
      metadata: { labels: { 'kubernetes.io/service-name': 'web' } },
    });
    const status = { ...pod.status, conditions: [{ type: 'Ready', status: 'True' }] };
    await rig.cluster.client.updateStatus('pods', { ...pod, status });
    await rig.pass();
    expect(slices(rig)[0]?.endpoints[0]?.conditions?.ready).toBe(true);
    await rig.cluster.client.delete('pods', 'default', 'a', { gracePeriodSeconds: 30 });
    await rig.pass();
    expect(slices(rig)[0]?.endpoints[0]?.conditions).toEqual({ ready: false, serving: true, terminating: true });
  });

  it('are made anew when somebody deletes them, and go with their Service', async () => {
    await using rig = new TestRig();
    rig.cluster.seed('services', { metadata: { name: 'web', namespace: 'default' }, spec });
    rig.start();
    await rig.pass();
    const [first] = slices(rig);
    await rig.cluster.client.delete('endpointslices.discovery.k8s.io', 'default', first?.metadata.name ?? '');
    await rig.pass();
    expect(slices(rig)).toHaveLength(1);
    await rig.cluster.client.delete('services', 'default', 'web');
    await rig.pass();
    expect(slices(rig)).toEqual([]);
  });

  it('are left to the user for a Service without a selector', async () => {
    await using rig = new TestRig();
    const { selector: _, ...rest } = spec;
    rig.cluster.seed('services', { metadata: { name: 'external', namespace: 'default' }, spec: rest });
    rig.start();
    await rig.pass();
    expect(slices(rig)).toEqual([]);
  });

  it('follow the zone of a node', async () => {
    await using rig = new TestRig();
    const zone = (name: string) => ({ 'topology.kubernetes.io/zone': name });
    const node = rig.cluster.seed('nodes', { metadata: { name: 'n1', labels: zone('a') }, spec: {}, status: {} });
    rig.cluster.seed('services', { metadata: { name: 'web', namespace: 'default' }, spec });
    seedPod(rig, 'a', '10.244.0.5', true);
    rig.start();
    await rig.pass();
    expect(slices(rig)[0]?.endpoints[0]?.zone).toBe('a');
    await rig.cluster.client.update('nodes', { ...node, metadata: { ...node.metadata, labels: zone('b') } });
    await rig.pass();
    expect(slices(rig)[0]?.endpoints[0]?.zone).toBe('b');
  });
});
