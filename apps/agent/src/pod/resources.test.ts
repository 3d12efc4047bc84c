import { qosClassOf } from '@gantry/core/pod/qos-class';
import { describe, expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { containerResources } from './resources.ts';

const facts = { nodeMemoryBytes: 4 * 1024 ** 3, lowestOomScoreAdj: -1000 };

function resourcesOf(resources: { requests?: Record<string, string>; limits?: Record<string, string> }) {
  const pod = makePod({ container: { resources } });
  const [container] = pod.spec.containers;
  if (!container) throw new Error('no container');
  return { qos: qosClassOf(pod), ...containerResources(pod, container, facts) };
}

describe('the cgroup settings of a container', () => {
  it('are the least without requests', () => {
    expect(resourcesOf({})).toEqual({ qos: 'BestEffort', cpuShares: 2, oomScoreAdj: 1000 });
  });

  it('come from requests and limits', () => {
    const requests = { cpu: '250m', memory: '1Gi' };
    expect(resourcesOf({ requests, limits: { cpu: '1.5', memory: '2Gi' } })).toEqual({
      qos: 'Burstable',
      cpuShares: 256,
      cpuQuota: 150_000,
      memoryBytes: 2 * 1024 ** 3,
      memorySwapBytes: 2 * 1024 ** 3,
      memoryReservationBytes: 1024 ** 3,
      oomScoreAdj: 750,
    });
  });

  it('protect a guaranteed pod most', () => {
    const limits = { cpu: '100m', memory: '64Mi' };
    expect(resourcesOf({ limits })).toMatchObject({ qos: 'Guaranteed', cpuShares: 102, oomScoreAdj: -997 });
    expect(resourcesOf({ limits, requests: { cpu: '0.1', memory: '65536Ki' } })).toMatchObject({ qos: 'Guaranteed' });
    expect(resourcesOf({ limits, requests: { cpu: '50m' } })).toMatchObject({ qos: 'Burstable' });
  });

  it('keep to what the kernel and the engine take', () => {
    expect(resourcesOf({ limits: { cpu: '1m' } }).cpuQuota).toBe(1000);
    expect(resourcesOf({ requests: { cpu: '1000' } }).cpuShares).toBe(262_144);
    expect(resourcesOf({ requests: { memory: '1Mi' } }).memoryReservationBytes).toBeUndefined();
    expect(resourcesOf({ requests: { memory: '1Mi' } }).oomScoreAdj).toBe(999);
    expect(resourcesOf({ requests: { memory: '4Gi' } }).oomScoreAdj).toBe(3);
  });

  it('do not ask for a score that the machine refuses', () => {
    const pod = makePod({ container: { resources: { limits: { cpu: '1', memory: '64Mi' } } } });
    const [container] = pod.spec.containers;
    if (!container) throw new Error('no container');
    expect(containerResources(pod, container, { ...facts, lowestOomScoreAdj: 0 }).oomScoreAdj).toBe(0);
  });
});
