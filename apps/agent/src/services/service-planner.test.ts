import type { EndpointSlice, Service } from '@gantry/api-types';
import type { Ruleset } from '@gantry/core/network/services/ruleset';
import { expect, it } from 'vitest';
import { ServiceState } from '../session/service-state.ts';
import { ServicePlanner } from './service-planner.ts';

const metadata = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: { clusterIP: '10.96.0.9', ports: [{ port: 80 }] },
  status: {},
};
const slice: EndpointSlice = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints: ['a', 'b'].map((name, index) => ({
    addresses: [`10.1.0.${index + 1}`],
    conditions: { ready: true },
    hints: { forZones: [{ name }] },
  })),
  ports: [{ name: '', port: 8080, protocol: 'TCP' }],
};

it('leads to the endpoints of the zone that the node is in, also where that changes', async () => {
  const source = new ServiceState();
  let ruleset: Ruleset | undefined;
  const planner = new ServicePlanner({
    source,
    place: { nodeName: 'n1', zone: 'a' },
    lookAtPorts: () => () => false,
    onRuleset: (next) => {
      ruleset = next;
    },
  });
  const endpoints = () => ruleset?.frontends.get('anywhere 10.96.0.9 . tcp . 80')?.backend.endpoints;
  source.startSync();
  source.setService(service);
  source.setSlice(slice);
  source.finishSync();
  await expect.poll(endpoints).toEqual(['10.1.0.1 . 8080']);
  planner.setZone('b');
  await expect.poll(endpoints).toEqual(['10.1.0.2 . 8080']);
  planner.setZone(undefined);
  await expect.poll(endpoints).toEqual(['10.1.0.1 . 8080', '10.1.0.2 . 8080']);
  planner.stop();
});
