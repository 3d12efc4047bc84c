import type { EndpointSlice, NewObject, Pod, Service } from '@gantry/api-types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planEndpointSlices } from './endpoint-slices.ts';
import { groupEndpoints } from './endpoints.ts';
import { startMs, testPod } from './test-builders.ts';

function testService(spec: Partial<Service['spec']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'uid-service',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { tier: 'front' },
    },
    spec: { selector: { app: 'web' }, clusterIP: '10.96.0.1', ports: [{ port: 80, targetPort: 8080 }], ...spec },
    status: {},
  };
}

function podAt(index: number, changes: Parameters<typeof testPod>[0] = {}): Pod {
  const pod = testPod({
    name: `pod-${String(index).padStart(4, '0')}`,
    readySinceMs: startMs,
    nodeName: 'n1',
    ...changes,
  });
  const podIP = `10.244.${Math.floor(index / 250)}.${(index % 250) + 2}`;
  return { ...pod, status: { ...pod.status, podIP, podIPs: [{ ip: podIP }] } };
}

const zoneOf = () => undefined;
const zoneShares = () => ({ problem: 'no zones' });

/** Carries a plan out. */
function apply(slices: readonly EndpointSlice[], plan: ReturnType<typeof planEndpointSlices>): EndpointSlice[] {
  const gone = new Set(plan.delete.map(({ metadata }) => metadata.uid));
  const updated = new Map(plan.update.map((slice) => [slice.metadata.uid, slice]));
  const kept = slices.filter(({ metadata }) => !gone.has(metadata.uid));
  return [...kept.map((slice) => updated.get(slice.metadata.uid) ?? slice), ...plan.create.map(created)];
}

let counter = 0;
function created(slice: NewObject<EndpointSlice>): EndpointSlice {
  counter += 1;
  const metadata = { name: `web-${counter}`, uid: `uid-${counter}`, resourceVersion: '1', creationTimestamp: '' };
  return { ...slice, metadata: { ...slice.metadata, ...metadata } };
}

describe('an endpoint', () => {
  const only = (service: Service, pod: Pod) => groupEndpoints(service, [pod], zoneOf)[0]?.endpoints[0];

  it.each([
    ['ready', podAt(1), {}, { ready: true, serving: true, terminating: false }],
    [
      'not ready',
      podAt(1, { phase: 'Running', readySinceMs: undefined as never }),
      {},
      { ready: false, serving: false, terminating: false },
    ],
    ['terminating', podAt(1, { isLeaving: true }), {}, { ready: false, serving: true, terminating: true }],
    [
      'published before it is ready',
      podAt(1, { phase: 'Running', readySinceMs: undefined as never }),
      { publishNotReadyAddresses: true },
      { ready: true, serving: false, terminating: false },
    ],
  ])('of a pod that is %s says so', (_, pod, spec, expected) => {
    expect(only(testService(spec), pod)?.conditions).toEqual(expected);
  });

  it('is not there for pods that ended or have no address yet', () => {
    const ended = podAt(1, { phase: 'Succeeded' });
    const young = testPod({ name: 'young' });
    expect(groupEndpoints(testService(), [ended, young], zoneOf)).toEqual([]);
  });

  it('carries the hostname of a pod that names the Service as its subdomain', () => {
    const pod = podAt(1);
    const spec = { ...pod.spec, hostname: 'db-0', subdomain: 'web' };
    expect(only(testService({ clusterIP: 'None' }), { ...pod, spec })?.hostname).toBe('db-0');
  });

  it('is grouped by what a named port means in its pod', () => {
    const withPort = (pod: Pod, containerPort: number): Pod => ({
      ...pod,
      spec: { ...pod.spec, containers: [{ name: 'main', ports: [{ name: 'http', containerPort }] }] },
    });
    const service = testService({ ports: [{ name: 'web', port: 80, targetPort: 'http' }] });
    const groups = groupEndpoints(service, [withPort(podAt(1), 8080), withPort(podAt(2), 9090), podAt(3)], zoneOf);
    expect(groups.map(({ ports, endpoints }) => [ports[0]?.port, endpoints.length])).toEqual([
      [8080, 1],
      [9090, 1],
      [undefined, 1],
    ]);
  });

  it('of a headless Service without ports is there all the same', () => {
    const { ports: _, ...spec } = testService({ clusterIP: 'None' }).spec;
    const plan = planEndpointSlices({
      service: { ...testService(), spec },
      pods: [podAt(1)],
      slices: [],
      zoneOf,
      zoneShares,
    });
    expect(plan.create[0]?.endpoints).toHaveLength(1);
    expect(plan.create[0]?.metadata.labels).toEqual({
      tier: 'front',
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      'service.kubernetes.io/headless': '',
    });
  });
});

describe('planEndpointSlices', () => {
  it('keeps one empty slice for a Service without pods', () => {
    const slices = apply([], planEndpointSlices({ service: testService(), pods: [], slices: [], zoneOf, zoneShares }));
    expect(slices.map(({ endpoints, ports }) => [endpoints, ports])).toEqual([[[], []]]);
    const again = planEndpointSlices({ service: testService(), pods: [], slices, zoneOf, zoneShares });
    expect(again).toEqual({ create: [], update: [], delete: [] });
  });

  it('changes one slice of three when one pod changes', () => {
    const pods = Array.from({ length: 250 }, (_, index) => podAt(index));
    const slices = apply([], planEndpointSlices({ service: testService(), pods, slices: [], zoneOf, zoneShares }));
    expect(slices.map(({ endpoints }) => endpoints.length)).toEqual([100, 100, 50]);
    const changed = pods.map((pod, index) => (index === 7 ? podAt(7, { isLeaving: true }) : pod));
    const plan = planEndpointSlices({ service: testService(), pods: changed, slices, zoneOf, zoneShares });
    expect([plan.create.length, plan.update.length, plan.delete.length]).toEqual([0, 1, 0]);
  });

  it('shows exactly the pods there are, at most 100 per slice, and then rests', () => {
    const pods = fc.uniqueArray(fc.nat(400), { maxLength: 330 }).map((indexes) => indexes.map((index) => podAt(index)));
    fc.assert(
      fc.property(fc.array(pods, { minLength: 1, maxLength: 5 }), (history) => {
        let slices: EndpointSlice[] = [];
        for (const present of history) {
          slices = apply(
            slices,
            planEndpointSlices({ service: testService(), pods: present, slices, zoneOf, zoneShares }),
          );
          const shown = slices.flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef?.name ?? ''));
          expect(shown.sort()).toEqual(present.map(({ metadata }) => metadata.name).sort());
          for (const { endpoints } of slices) expect(endpoints.length).toBeLessThanOrEqual(100);
          const again = planEndpointSlices({ service: testService(), pods: present, slices, zoneOf, zoneShares });
          expect(again).toEqual({ create: [], update: [], delete: [] });
        }
      }),
      { numRuns: 40 },
    );
  });
});
