import type { ContainerStatus, Pod } from '@gantry/api-types';
import { makeContainer, makeEvent, makeNode, makePod } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { podStatusText } from './pod-status-text.ts';
import { trimEvent, trimNode } from './trim.ts';
import { trimPod } from './trim-pod.ts';

const Mi = 1024 * 1024;

describe('a pod', () => {
  it('requests the sum of its containers, or its largest init container where that is more', () => {
    const containers = [
      makeContainer({ name: 'a', cpu: '100m', memory: '64Mi' }),
      makeContainer({ name: 'b', cpu: '0.2', memory: '64Mi' }),
    ];
    const initContainers = [
      makeContainer({ name: 'i', cpu: '250m', memory: '512Mi' }),
      makeContainer({ name: 'j', cpu: '50m', memory: '1Mi' }),
    ];
    expect(trimPod(makePod({ containers, initContainers })).requests).toEqual({ cpuMilli: 300, memoryBytes: 512 * Mi });
  });

  it('and a node carry their labels, by which the page filters and groups', () => {
    const labels = { app: 'web', tier: 'front' };
    expect(trimPod(makePod({ labels })).labels).toEqual(labels);
    expect(trimNode(makeNode({ labels: { pool: 'large' } })).labels).toMatchObject({ pool: 'large' });
  });

  it('has the limits that are declared', () => {
    const containers = [makeContainer({ name: 'a', cpuLimit: '1', memoryLimit: '64Mi' }), makeContainer({ name: 'b' })];
    expect(trimPod(makePod({ containers })).limits).toEqual({ cpuMilli: 1000, memoryBytes: 64 * Mi });
  });

  it('says why it waits in the words of the scheduler or the kubelet', () => {
    const message = '0/3 nodes are available: 3 Insufficient cpu.';
    const condition = { type: 'PodScheduled', status: 'False' as const, reason: 'Unschedulable', message };
    expect(trimPod(makePod({ status: { conditions: [condition] } })).message).toBe(message);
    const pulling = status({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x"' } });
    const pod = makePod({ nodeName: 'node-1', status: { containerStatuses: [pulling] } });
    expect(trimPod(pod)).toMatchObject({
      status: 'ImagePullBackOff',
      message: 'Back-off pulling image "x"',
      containers: [{ state: 'waiting', reason: 'ImagePullBackOff' }],
    });
  });

  it('stays on an unreachable node as long as its tolerations say', () => {
    const key = 'node.kubernetes.io/unreachable';
    const seconds = (tolerations: NonNullable<Pod['spec']['tolerations']>): number | undefined =>
      trimPod(makePod({ tolerations })).unreachableSeconds;
    expect(seconds([])).toBe(0);
    expect(seconds([{ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }])).toBe(30);
    expect(seconds([{ key, operator: 'Exists', effect: 'NoExecute' }])).toBeUndefined();
    expect(seconds([{ operator: 'Exists' }])).toBeUndefined();
    expect(seconds([{ key, operator: 'Exists', effect: 'NoSchedule' }])).toBe(0);
  });

  it('took so many seconds to be bound, to run and to be ready, and says nothing of that after a restart', () => {
    const created = Date.parse(makePod({}).metadata.creationTimestamp);
    const at = (seconds: number): string => new Date(created + seconds * 1000).toISOString();
    const conditions = [
      { type: 'PodScheduled', status: 'True' as const, lastTransitionTime: at(1) },
      { type: 'Ready', status: 'True' as const, lastTransitionTime: at(4) },
    ];
    const running = status({ running: { startedAt: at(3) } });
    const timing = (containerStatuses: ContainerStatus[]) =>
      trimPod(makePod({ nodeName: 'node-1', status: { conditions, containerStatuses } })).timing;
    expect(timing([running])).toEqual({ scheduled: 1, running: 3, ready: 4 });
    expect(timing([{ ...running, restartCount: 1 }])).toEqual({ scheduled: 1 });
    expect(trimPod(makePod({})).timing).toBeUndefined();
  });

  it('names the owner that controls it', () => {
    const ownerReferences = [
      { apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'o' },
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'rs', controller: true },
    ];
    const pod = makePod({});
    pod.metadata.ownerReferences = ownerReferences;
    expect(trimPod(pod).owner).toEqual({ kind: 'ReplicaSet', name: 'web-1', uid: 'rs' });
  });
});

describe('STATUS', () => {
  const initContainers = [makeContainer({ name: 'i' }), makeContainer({ name: 'j' })];
  const text = (pod: Parameters<typeof makePod>[0]): string => podStatusText(makePod(pod));
  const table: [string, string, Parameters<typeof makePod>[0]][] = [
    ['the phase', 'Pending', {}],
    [
      'why a container waits',
      'CrashLoopBackOff',
      { status: { containerStatuses: [status({ waiting: { reason: 'CrashLoopBackOff' } })] } },
    ],
    [
      'how it ended',
      'OOMKilled',
      { status: { containerStatuses: [status({ terminated: { exitCode: 137, reason: 'OOMKilled' } })] } },
    ],
    [
      'an exit code without a reason',
      'ExitCode:3',
      { status: { containerStatuses: [status({ terminated: { exitCode: 3 } })] } },
    ],
    [
      'the init container it is at',
      'Init:1/2',
      {
        initContainers,
        status: { initContainerStatuses: [status({ terminated: { exitCode: 0 } }), status({ running: {} })] },
      },
    ],
    [
      'the trouble of an init container',
      'Init:ErrImagePull',
      { initContainers, status: { initContainerStatuses: [status({ waiting: { reason: 'ErrImagePull' } })] } },
    ],
    ['the status reason', 'Evicted', { phase: 'Failed', status: { reason: 'Evicted' } }],
  ];
  it.each(table)('shows %s', (_what, expected, pod) => {
    expect(text(pod)).toBe(expected);
  });

  it('is Terminating while a pod is being deleted', () => {
    const pod = makePod({ isReady: true });
    pod.metadata.deletionTimestamp = '2026-11-21T12:00:00Z';
    expect(podStatusText(pod)).toBe('Terminating');
  });
});

it('trims a node to its amounts, zone, conditions and taints', () => {
  const taints = [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: '2026-11-21T12:00:00Z' }];
  expect(
    trimNode(makeNode({ name: 'node-1', cpu: '3500m', memory: '2Gi', zone: 'a', isUnschedulable: true, taints })),
  ).toMatchObject({
    key: 'node-1',
    zone: 'a',
    unschedulable: true,
    allocatable: { cpuMilli: 3500, memoryBytes: 2048 * Mi, pods: 110 },
    taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', addedAt: '2026-11-21T12:00:00Z' }],
  });
});

it('takes the newest time of an event', () => {
  const event = makeEvent({ name: 'e' });
  expect(
    trimEvent({
      ...event,
      lastTimestamp: '2026-11-21T12:00:05Z',
      series: { count: 4, lastObservedTime: '2026-11-21T12:00:09Z' },
    }),
  ).toMatchObject({ at: '2026-11-21T12:00:09Z', count: 4 });
});

function status(state: NonNullable<ContainerStatus['state']>): ContainerStatus {
  return { name: 'main', image: 'i', imageID: '', ready: false, restartCount: 0, state };
}
