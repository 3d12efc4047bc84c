import type { EndpointSlice } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { dnsSliceManager, managedByLabel, serviceNameLabel, trimEndpointSlice } from './service-objects.ts';

const slice = (labels: Record<string, string>): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-1', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '', labels },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.1.0.1'], hints: { forNodes: [{ name: 'n1' }] } }],
  ports: [],
});

it('nodes are sent the hints of a slice, and who it belongs to', () => {
  const sent = trimEndpointSlice(slice({ [serviceNameLabel]: 'web', tier: 'front' }));
  expect(sent?.metadata.labels).toEqual({ [serviceNameLabel]: 'web' });
  expect(sent?.endpoints[0]?.hints).toEqual({ forNodes: [{ name: 'n1' }] });
});

it('nodes are sent no slice of no Service, and none of cluster DNS, which names all nodes', () => {
  expect(trimEndpointSlice(slice({}))).toBeUndefined();
  expect(
    trimEndpointSlice(slice({ [serviceNameLabel]: 'kube-dns', [managedByLabel]: dnsSliceManager })),
  ).toBeUndefined();
});
