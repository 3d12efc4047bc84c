import type { ContainerStatus, Pod } from '@gantry/api-types';
import { makePod } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { specInForce } from './resized-spec.ts';

function resized(has: Partial<ContainerStatus>, reason?: string): Pod {
  const status = { name: 'main', ready: true, restartCount: 0, image: 'i', imageID: '', ...has };
  return makePod({
    cpu: '500m',
    memory: '64Mi',
    status: {
      containerStatuses: [status],
      ...(reason ? { conditions: [{ type: 'PodResizePending', status: 'True', reason }] } : {}),
    },
  });
}

const requestsOf = (pod: Pod): unknown => specInForce(pod).containers[0]?.resources?.requests;

describe('the spec by which a pod takes room', () => {
  it('is its own while its containers have what it asks for, however that is written', () => {
    const plain = makePod({ cpu: '500m' });
    expect(specInForce(plain)).toBe(plain.spec);
    const same = resized({
      resources: { requests: { cpu: '0.5', memory: '65536Ki' } },
      allocatedResources: { cpu: '500m' },
    });
    expect(specInForce(same)).toBe(same.spec);
  });

  it('keeps the larger amounts while a container shrinks, and takes the new ones while it grows', () => {
    expect(requestsOf(resized({ resources: { requests: { cpu: '2', memory: '32Mi' } } }))).toEqual({
      cpu: '2',
      memory: '64Mi',
    });
    expect(
      requestsOf(resized({ resources: { requests: { cpu: '100m' } }, allocatedResources: { memory: '1Gi' } })),
    ).toEqual({
      cpu: '500m',
      memory: '1Gi',
    });
  });

  it('does not count what the node can never grant', () => {
    const has = { resources: { requests: { cpu: '100m', memory: '32Mi' } } };
    expect(requestsOf(resized(has, 'Infeasible'))).toEqual({ cpu: '100m', memory: '32Mi' });
    expect(requestsOf(resized(has, 'Deferred'))).toEqual({ cpu: '500m', memory: '64Mi' });
  });
});
