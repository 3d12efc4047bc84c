import type { EndpointSlice, Endpoints } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { TestRig } from './testing/test-rig.ts';

const containers = [{ name: 'main', image: 'x' }];
const place = { name: 'web', namespace: 'default' };
const spec = { selector: { app: 'web' }, clusterIP: '10.96.0.9', ports: [{ port: 80, targetPort: 8080 }] };
const { selector: _, ...openSpec } = spec;
/** Longer than the controllers gather changes. */
const settledMs = 1000;

function seedPod(rig: TestRig, name: string, ip: string, isReady: boolean) {
  return rig.cluster.seed('pods', {
    metadata: { name, namespace: 'default', labels: { app: 'web' } },
    spec: { containers, nodeName: 'n1' },
    status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
  });
}

function seedEndpoints(rig: TestRig, ...ips: string[]): Endpoints {
  const subsets = [{ addresses: ips.map((ip) => ({ ip })), ports: [{ port: 9000, protocol: 'TCP' }] }];
  return rig.cluster.seed('endpoints', { metadata: place, subsets });
}

function mirrored(rig: TestRig): readonly EndpointSlice[] {
  return rig.cluster
    .list('endpointslices.discovery.k8s.io')
    .filter(({ metadata }) =>
      metadata.labels?.['endpointslice.kubernetes.io/managed-by']?.startsWith('endpointslicemirr'),
    );
}

describe('the Endpoints of a Service', () => {
  it('follow its pods and go with it', async () => {
    await using rig = new TestRig();
    rig.cluster.seed('services', { metadata: place, spec });
    const pod = seedPod(rig, 'a', '10.244.0.5', false);
    rig.start();
    await rig.pass(settledMs);
    const subsets = () => rig.cluster.get('endpoints', 'default/web')?.subsets;
    const ports = [{ port: 8080, protocol: 'TCP' }];
    expect(subsets()).toMatchObject([{ notReadyAddresses: [{ ip: '10.244.0.5', nodeName: 'n1' }], ports }]);
    const status = { ...pod.status, conditions: [{ type: 'Ready', status: 'True' }] };
    await rig.cluster.client.updateStatus('pods', { ...pod, status });
    await rig.pass(settledMs);
    expect(subsets()).toMatchObject([{ addresses: [{ ip: '10.244.0.5' }], ports }]);
    await rig.cluster.client.delete('services', 'default', 'web');
    await rig.pass(settledMs);
    expect(rig.cluster.list('endpoints')).toEqual([]);
  });

  it('are made anew when somebody deletes or changes them', async () => {
    await using rig = new TestRig();
    rig.cluster.seed('services', { metadata: place, spec });
    seedPod(rig, 'a', '10.244.0.5', true);
    rig.start();
    await rig.pass(settledMs);
    const first = rig.cluster.get('endpoints', 'default/web');
    if (!first) throw new Error('there are no Endpoints');
    await rig.cluster.client.update('endpoints', { ...first, subsets: [] });
    await rig.pass(settledMs);
    expect(rig.cluster.get('endpoints', 'default/web')?.subsets).toEqual(first.subsets);
    await rig.cluster.client.delete('endpoints', 'default', 'web');
    await rig.pass(settledMs);
    expect(rig.cluster.get('endpoints', 'default/web')?.subsets).toEqual(first.subsets);
  });

  it('that a user wrote before any Service stay as they are', async () => {
    await using rig = new TestRig();
    const { subsets } = seedEndpoints(rig, '192.0.2.1');
    rig.start();
    await rig.pass(settledMs);
    expect(rig.cluster.get('endpoints', 'default/web')?.subsets).toEqual(subsets);
    expect(mirrored(rig)).toEqual([]);
  });
});

describe('Endpoints of a Service without a selector', () => {
  it('become slices, which follow them and go with them', async () => {
    await using rig = new TestRig();
    rig.cluster.seed('services', { metadata: place, spec: openSpec });
    const endpoints = seedEndpoints(rig, '192.0.2.1');
    rig.start();
    await rig.pass(settledMs);
    const shown = () => mirrored(rig).flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses));
    expect(shown()).toEqual(['192.0.2.1']);
    const subsets = [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 9000, protocol: 'TCP' }] }];
    await rig.cluster.client.update('endpoints', { ...endpoints, subsets });
    await rig.pass(settledMs);
    expect(shown()).toEqual(['192.0.2.7']);
    await rig.cluster.client.delete('endpoints', 'default', 'web');
    await rig.pass(settledMs);
    expect(mirrored(rig)).toEqual([]);
  });

  it('give way to its pods once it has a selector', async () => {
    await using rig = new TestRig();
    const service = rig.cluster.seed('services', { metadata: place, spec: openSpec });
    seedEndpoints(rig, '192.0.2.1');
    seedPod(rig, 'a', '10.244.0.5', true);
    rig.start();
    await rig.pass(settledMs);
    expect(mirrored(rig)).toHaveLength(1);
    await rig.cluster.client.update('services', { ...service, spec: { ...service.spec, selector: { app: 'web' } } });
    await rig.pass(settledMs);
    expect(mirrored(rig)).toEqual([]);
    expect(rig.cluster.get('endpoints', 'default/web')?.subsets).toMatchObject([{ addresses: [{ ip: '10.244.0.5' }] }]);
  });
});

describe('the endpoints of cluster DNS', () => {
  it('are the nodes, at the first address of their pods, as long as they are ready', async () => {
    await using rig = new TestRig();
    const ports = ['TCP', 'UDP'].map((protocol) => ({ name: `dns-${protocol.toLowerCase()}`, protocol, port: 53 }));
    const metadata = { name: 'kube-dns', namespace: 'kube-system' };
    rig.cluster.seed('services', { metadata, spec: { clusterIP: '10.96.0.10', ports } });
    const status = (state: string) => ({ conditions: [{ type: 'Ready', status: state }] });
    const [node] = ['n1', 'n2'].map((name, index) =>
      rig.cluster.seed('nodes', {
        metadata: { name },
        spec: { podCIDR: `10.244.${index}.0/24` },
        status: status('True'),
      }),
    );
    rig.start();
    await rig.pass(3 * settledMs);
    const addresses = () =>
      rig.cluster
        .list('endpointslices.discovery.k8s.io')
        .flatMap(({ endpoints }) =>
          endpoints.map((each) => [each.addresses[0], each.nodeName, each.conditions?.ready]),
        );
    expect(addresses()).toEqual([
      ['10.244.0.1', 'n1', true],
      ['10.244.1.1', 'n2', true],
    ]);
    const endpoints = () => rig.cluster.get('endpoints', 'kube-system/kube-dns')?.subsets;
    expect(endpoints()).toMatchObject([{ addresses: [{ ip: '10.244.0.1' }, { ip: '10.244.1.1' }], ports }]);
    if (!node) throw new Error('there is no node');
    await rig.cluster.client.updateStatus('nodes', { ...node, status: status('False') });
    await rig.pass(3 * settledMs);
    expect(addresses()[0]).toEqual(['10.244.0.1', 'n1', false]);
    expect(endpoints()).toMatchObject([
      { addresses: [{ ip: '10.244.1.1' }], notReadyAddresses: [{ ip: '10.244.0.1' }] },
    ]);
    await rig.cluster.client.delete('nodes', undefined, 'n1');
    await rig.pass(3 * settledMs);
    expect(addresses()).toEqual([['10.244.1.1', 'n2', true]]);
  });
});

describe('the slices of a Service', () => {
  const zoneLabel = 'topology.kubernetes.io/zone';
  function seedNode(rig: TestRig, name: string, zone: string) {
    return rig.cluster.seed('nodes', {
      metadata: { name, labels: { [zoneLabel]: zone } },
      spec: {},
      status: { allocatable: { cpu: '2' }, conditions: [{ type: 'Ready', status: 'True' }] },
    });
  }
  const hints = (rig: TestRig) =>
    rig.cluster.list('endpointslices.discovery.k8s.io').flatMap((slice) => slice.endpoints.map((each) => each.hints));

  it('name the node and the zone of each endpoint where the same node is preferred', async () => {
    await using rig = new TestRig();
    const node = seedNode(rig, 'n1', 'a');
    rig.cluster.seed('services', { metadata: place, spec: { ...spec, trafficDistribution: 'PreferSameNode' } });
    seedPod(rig, 'a', '10.244.0.5', true);
    rig.start();
    await rig.pass(settledMs);
    expect(hints(rig)).toEqual([{ forZones: [{ name: 'a' }], forNodes: [{ name: 'n1' }] }]);
    await rig.cluster.client.update('nodes', { ...node, metadata: { ...node.metadata, labels: { [zoneLabel]: 'b' } } });
    await rig.pass(settledMs);
    expect(hints(rig)).toEqual([{ forZones: [{ name: 'b' }], forNodes: [{ name: 'n1' }] }]);
  });

  it('share the endpoints between zones once nodes of two are there, and say why not before', async () => {
    await using rig = new TestRig();
    const annotations = { 'service.kubernetes.io/topology-mode': 'Auto' };
    const service = rig.cluster.seed('services', { metadata: { ...place, annotations }, spec });
    seedNode(rig, 'n1', 'a');
    for (const [index, name] of ['a', 'b'].entries()) seedPod(rig, name, `10.244.0.${index + 5}`, true);
    rig.start();
    await rig.pass(settledMs);
    expect(hints(rig)).toEqual([undefined, undefined]);
    seedNode(rig, 'n2', 'b');
    await rig.pass(settledMs);
    expect(hints(rig)).toEqual([{ forZones: [{ name: 'b' }] }, { forZones: [{ name: 'a' }] }]);
    await rig.cluster.client.update('services', { ...service, metadata: { ...service.metadata, annotations: {} } });
    await rig.pass(settledMs);
    expect(hints(rig)).toEqual([undefined, undefined]);
    expect(rig.events.filter((text) => text.includes('TopologyAwareHints'))).toEqual([
      'Warning TopologyAwareHintsDisabled Service/web: Nodes only ready in one zone, addressType: IPv4',
      'Normal TopologyAwareHintsEnabled Service/web: Topology Aware Hints has been enabled, addressType: IPv4',
      'Warning TopologyAwareHintsDisabled Service/web: Topology Aware Hints has been disabled, addressType: IPv4',
    ]);
  });
});
