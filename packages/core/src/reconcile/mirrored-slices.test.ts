import type { EndpointSlice, Endpoints, NewObject, Service } from '@gantry/api-types';
import { makeEndpoints, makeService } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { planMirroredSlices } from './mirrored-slices.ts';

const service = makeService({ name: 'db', spec: { selector: {} } });
const ports = [{ name: 'sql', port: 5432, protocol: 'TCP' }];

function written(subsets: Endpoints['subsets'], labels: Record<string, string> = {}): Endpoints {
  return makeEndpoints({ name: 'db', labels, ...(subsets ? { subsets } : {}) });
}

function kept(slice: NewObject<EndpointSlice>, index: number): EndpointSlice {
  const metadata = { name: `db-${index}`, uid: `uid-${index}`, resourceVersion: '1', creationTimestamp: '' };
  return { ...slice, metadata: { ...slice.metadata, ...metadata } };
}

const handMade = written([{ addresses: [{ ip: '192.0.2.1' }], notReadyAddresses: [{ ip: '192.0.2.2' }], ports }], {
  team: 'a',
});

describe('Endpoints made by hand', () => {
  it('become a slice, which then rests', () => {
    const plan = planMirroredSlices({ endpoints: handMade, service, slices: [] });
    expect(plan.create).toMatchObject([
      {
        metadata: {
          generateName: 'db-',
          labels: {
            team: 'a',
            'kubernetes.io/service-name': 'db',
            'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
          },
          ownerReferences: [{ kind: 'Endpoints', name: 'db', controller: true }],
        },
        addressType: 'IPv4',
        ports,
        endpoints: [
          { addresses: ['192.0.2.1'], conditions: { ready: true } },
          { addresses: ['192.0.2.2'], conditions: { ready: false } },
        ],
      },
    ]);
    const slices = plan.create.map(kept);
    expect(planMirroredSlices({ endpoints: handMade, service, slices })).toEqual({
      create: [],
      update: [],
      delete: [],
    });
  });

  it('have slices for each family and each set of ports', () => {
    const endpoints = written([
      { addresses: [{ ip: '192.0.2.1' }, { ip: 'fd00::1' }], ports },
      { addresses: [{ ip: '192.0.2.3' }], ports: [{ port: 80 }] },
    ]);
    const { create } = planMirroredSlices({ endpoints, service, slices: [] });
    expect(create.map((slice) => [slice.addressType, slice.ports[0]?.port])).toEqual([
      ['IPv4', 5432],
      ['IPv6', 5432],
      ['IPv4', 80],
    ]);
  });

  it.each<[string, Endpoints, Service | undefined]>([
    ['without a Service', handMade, undefined],
    ['of a Service with a selector', handMade, makeService({ name: 'db', selector: { app: 'db' } })],
    [
      'that are to be left alone',
      written(handMade.subsets, { 'endpointslice.kubernetes.io/skip-mirror': 'true' }),
      service,
    ],
    [
      'made of pods',
      written(handMade.subsets, { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' }),
      service,
    ],
    ['that are empty', written(undefined), service],
  ])('%s have no slices', (_, endpoints, of) => {
    const slices = planMirroredSlices({ endpoints: handMade, service, slices: [] }).create.map(kept);
    expect(planMirroredSlices({ endpoints, service: of, slices })).toEqual({ create: [], update: [], delete: slices });
  });

  it('move an address between ready and not ready within its slice', () => {
    const slices = planMirroredSlices({ endpoints: handMade, service, slices: [] }).create.map(kept);
    const endpoints = written([{ addresses: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }], ports }], { team: 'a' });
    const plan = planMirroredSlices({ endpoints, service, slices });
    expect([plan.create.length, plan.delete.length]).toEqual([0, 0]);
    expect(plan.update[0]?.endpoints.map(({ conditions }) => conditions?.ready)).toEqual([true, true]);
  });
});
