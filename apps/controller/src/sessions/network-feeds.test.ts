import type { IngressConfig } from '@gantry/api-types/ingress-config';
import type { ResolvedPolicy } from '@gantry/api-types/resolved-policy';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundPod, createTestSessions, type TestAgent, type TestSessions } from './testing/test-sessions.ts';

let cluster: TestSessions;

beforeEach(async () => {
  cluster = await createTestSessions();
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

const policiesOf = (agent: TestAgent): readonly ResolvedPolicy[] | undefined =>
  agent.frames.findLast((frame) => frame.type === 'policies')?.items;
const ingressOf = (agent: TestAgent): IngressConfig | undefined =>
  agent.frames.findLast((frame) => frame.type === 'ingress')?.config;

/** Changes are gathered for a moment; then what is expected must come. */
async function eventually(check: () => unknown, expected: unknown): Promise<void> {
  await expect
    .poll(() => {
      cluster.api.clock.advance(50);
      return check();
    })
    .toEqual(expected);
}

function policy(spec: object) {
  const metadata = { name: 'p', namespace: 'default' };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec } as const;
}

async function createRunningPod(name: string, labels: Record<string, string>, podIP: string, node = 'node-1') {
  const pod = boundPod(name, { node });
  const created = await cluster.api.client.create('pods', { ...pod, metadata: { ...pod.metadata, labels } });
  const status = { ...created.status, phase: 'Running', podIP, podIPs: [{ ip: podIP }] };
  return cluster.api.client.updateStatus('pods', { ...created, status });
}

describe('network policies', () => {
  const fromWeb = {
    podSelector: { matchLabels: { app: 'db' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }],
  };

  it('reach the nodes that have pods of their namespace, with the addresses of their peers, and follow them', async () => {
    const [agent, idle] = [await cluster.join(), await cluster.join('node-2')];
    expect(policiesOf(agent)).toEqual([]);
    await createRunningPod('db', { app: 'db' }, '10.244.0.2');
    await createRunningPod('web', { app: 'web' }, '10.244.0.3');
    await cluster.api.client.create('networkpolicies.networking.k8s.io', policy(fromWeb) as never);
    const ipsOf = () => policiesOf(agent)?.[0]?.ingress?.[0]?.peers?.ips;
    await eventually(ipsOf, ['10.244.0.3']);
    await createRunningPod('web-2', { app: 'web' }, '10.244.0.4');
    await eventually(ipsOf, ['10.244.0.3', '10.244.0.4']);
    await cluster.api.client.delete('pods', 'default', 'web', { gracePeriodSeconds: 0 });
    await eventually(ipsOf, ['10.244.0.4']);
    expect(policiesOf(idle)).toEqual([]);
    await cluster.api.client.delete('networkpolicies.networking.k8s.io', 'default', 'p');
    await eventually(() => policiesOf(agent), []);
  });

  it('are there before the pods when an agent connects', async () => {
    await createRunningPod('db', { app: 'db' }, '10.244.0.2');
    await cluster.api.client.create('networkpolicies.networking.k8s.io', policy(fromWeb) as never);
    const agent = await cluster.join();
    const types = agent.frames.map(({ type }) => type);
    expect(policiesOf(agent)?.map(({ name }) => name)).toEqual(['p']);
    expect(types.indexOf('policies')).toBeLessThan(types.indexOf('objects'));
  });

  it('follow the labels of namespaces', async () => {
    const agent = await cluster.join();
    await createRunningPod('db', { app: 'db' }, '10.244.0.2');
    const spec = { podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { trusted: 'yes' } } }] }] };
    await cluster.api.client.create('networkpolicies.networking.k8s.io', policy(spec) as never);
    const ipsOf = () => policiesOf(agent)?.[0]?.ingress?.[0]?.peers?.ips;
    await eventually(ipsOf, []);
    await cluster.api.client.mergePatch('namespaces', '', 'default', { metadata: { labels: { trusted: 'yes' } } });
    await eventually(ipsOf, ['10.244.0.2']);
  });
});

describe('ingresses', () => {
  const ingress = { httpPort: 30_080, address: '192.0.2.1' };
  const backend = { service: { name: 'web', port: { number: 80 } } };

  beforeEach(async () => {
    const { client } = cluster.api;
    await client.create('ingressclasses.networking.k8s.io', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'gantry' },
      spec: { controller: 'gantry.io/ingress' },
    } as never);
    await client.create('services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { ports: [{ port: 80 }], selector: { app: 'web' } },
    } as never);
    await client.create('endpointslices.discovery.k8s.io', {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ port: 8080 }],
      endpoints: [{ addresses: ['10.244.0.9'] }],
    } as never);
    await client.create('ingresses.networking.k8s.io', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'shop', namespace: 'default' },
      spec: { ingressClassName: 'gantry', defaultBackend: backend },
    } as never);
  });

  it('are sent to nodes with a proxy only, and the Node says where it listens', async () => {
    const agent = await cluster.join('node-1', { ingress });
    const without = await cluster.join('node-2');
    const targets = () => ingressOf(agent)?.defaultRoute?.targets;
    await eventually(targets, [{ host: '10.244.0.9', port: 8080 }]);
    expect(without.frames.some(({ type }) => type === 'ingress')).toBe(false);
    const node = cluster.api.objects.informer('nodes').lister.get('node-1');
    expect(node?.metadata.annotations?.['gantry.io/ingress']).toBe('http://192.0.2.1:30080');
  });

  it('follow the endpoints of their Services', async () => {
    const agent = await cluster.join('node-1', { ingress });
    await cluster.api.client.mergePatch('endpointslices.discovery.k8s.io', 'default', 'web-1', {
      endpoints: [{ addresses: ['10.244.0.9'], conditions: { ready: false } }],
    });
    await eventually(() => ingressOf(agent)?.defaultRoute?.targets, []);
  });
});
