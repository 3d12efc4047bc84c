import type { EndpointSlice, Node, Service } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { planLoadBalancer } from './load-balancer.ts';

const meta = (name: string, created = '2026-01-01T00:00:00Z') => ({
  name,
  namespace: 'shop',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: created,
});
const balancer = (name: string, spec: Partial<Service['spec']> = {}, created?: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta(name, created),
  spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec },
  status: {},
});
const node = (name: string, ip: string, ready = 'True'): Node =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: meta(name),
    spec: {},
    status: { conditions: [{ type: 'Ready', status: ready }], addresses: [{ type: 'InternalIP', address: ip }] },
  }) as Node;
const nodes = [
  node('n1', '192.0.2.1'),
  node('n2', '192.0.2.2'),
  node('n3', '192.0.2.3', 'Unknown'),
  node('n4', '192.0.2.1'),
];
const slice = { endpoints: [{ addresses: ['10.1.0.1'], nodeName: 'n2' }] } as unknown as EndpointSlice;
const plan = (service: Service, services = [service]) =>
  planLoadBalancer(service, { services, nodes, slicesOf: () => [slice] });

it('publishes a balancer on the addresses of the Ready nodes, each once', () => {
  expect(plan(balancer('web')).ingress.map(({ ip }) => ip)).toEqual(['192.0.2.1', '192.0.2.2']);
});

it('keeps to the nodes with endpoints where the policy is Local', () => {
  expect(plan(balancer('web', { externalTrafficPolicy: 'Local' })).ingress.map(({ ip }) => ip)).toEqual(['192.0.2.2']);
});

it('leaves a port to the older Service and says whose it is', () => {
  const [old, young] = [balancer('old', {}, '2025-01-01T00:00:00Z'), balancer('young')];
  const udp = balancer('udp', { ports: [{ port: 80, protocol: 'UDP' }] });
  const services = [young, old, udp];
  expect(plan(young, services)).toEqual({ ingress: [], problem: expect.stringContaining('shop/old') });
  expect(plan(old, services).ingress).toHaveLength(2);
  expect(plan(udp, services).ingress).toHaveLength(2);
});

it('leaves other types and classes alone', () => {
  for (const spec of [{ type: 'NodePort' }, { loadBalancerClass: 'a.example/b' }]) {
    expect(plan(balancer('web', spec))).toEqual({ ingress: [] });
  }
});
