import type { MetricSpec, MetricStatus } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import {
  AutoscalerWorld,
  cpuAverage,
  cpuUtilization,
  externalMetric,
  objectMetric,
  podsMetric,
  type TestPod,
} from './test-world.ts';

function worldOf(metrics: MetricSpec[], replicas: number): AutoscalerWorld {
  const behavior = {
    scaleUp: { policies: [{ type: 'Percent', value: 100_000, periodSeconds: 1 }] },
    scaleDown: { stabilizationWindowSeconds: 0 },
  };
  return new AutoscalerWorld({ replicas, spec: { behavior, metrics } });
}

const memory = (target: { averageValue?: string; averageUtilization?: number }): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'memory', target: { type: target.averageValue ? 'AverageValue' : 'Utilization', ...target } },
});

const ofContainer = (
  container: string,
  target: { averageValue?: string; averageUtilization?: number },
): MetricSpec => ({
  type: 'ContainerResource',
  containerResource: {
    name: 'cpu',
    container,
    target: { type: target.averageValue ? 'AverageValue' : 'Utilization', ...target },
  },
});

describe('each source of metrics', () => {
  const used: TestPod[] = [
    { name: 'a', cpu: 600, memory: 768 * 2 ** 20, containers: { proxy: 200 }, custom: { rps: 30.5 } },
    { name: 'b', cpu: 200, memory: 256 * 2 ** 20, containers: { proxy: 200 }, custom: { rps: 9.5 } },
  ];
  const metric = { name: 'queue', selector: { matchLabels: { queue: 'tasks' } } };
  const describedObject = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main' };

  it.each<[string, MetricSpec, number, MetricStatus, string]>([
    [
      'cpu in per cent of the request, all containers together',
      cpuUtilization(20),
      3,
      // (600 + 200 + 200 + 200) of 2 × 2000.
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 30, averageValue: '600m' } } },
      'cpu resource utilization (percentage of request)',
    ],
    [
      'cpu in cores',
      cpuAverage('200m'),
      6,
      { type: 'Resource', resource: { name: 'cpu', current: { averageValue: '600m' } } },
      'cpu resource',
    ],
    [
      'memory in per cent of the request',
      memory({ averageUtilization: 10 }),
      5,
      // 512Mi of 2 × 1Gi each.
      {
        type: 'Resource',
        resource: { name: 'memory', current: { averageUtilization: 25, averageValue: '536870912' } },
      },
      'memory resource utilization (percentage of request)',
    ],
    [
      'memory in bytes',
      memory({ averageValue: '256Mi' }),
      4,
      { type: 'Resource', resource: { name: 'memory', current: { averageValue: '536870912' } } },
      'memory resource',
    ],
    [
      'one container in per cent of its own request',
      ofContainer('main', { averageUtilization: 20 }),
      4,
      {
        type: 'ContainerResource',
        containerResource: {
          name: 'cpu',
          container: 'main',
          current: { averageUtilization: 40, averageValue: '400m' },
        },
      },
      'cpu container resource utilization (percentage of request)',
    ],
    [
      'one container in cores',
      ofContainer('proxy', { averageValue: '50m' }),
      8,
      {
        type: 'ContainerResource',
        containerResource: { name: 'cpu', container: 'proxy', current: { averageValue: '200m' } },
      },
      'cpu resource',
    ],
    [
      'a metric of the pods',
      podsMetric('rps', '10'),
      4,
      { type: 'Pods', pods: { metric: { name: 'rps' }, current: { averageValue: '20' } } },
      'pods metric rps',
    ],
    [
      'a metric of another object',
      objectMetric('rps', { value: '100' }),
      5,
      { type: 'Object', object: { describedObject, metric: { name: 'rps' }, current: { value: '250' } } },
      'Ingress metric rps',
    ],
    [
      'a metric of another object, shared among the pods',
      objectMetric('rps', { averageValue: '100' }),
      3,
      { type: 'Object', object: { describedObject, metric: { name: 'rps' }, current: { averageValue: '125' } } },
      'Ingress metric rps',
    ],
    [
      'the sum of the series of something outside',
      externalMetric('queue', { value: '10' }),
      7,
      { type: 'External', external: { metric, current: { value: '35' } } },
      'external metric queue(&LabelSelector{MatchLabels:map[string]string{queue: tasks,},MatchExpressions:[]LabelSelectorRequirement{},})',
    ],
    [
      'the sum of the series of something outside, shared among the pods',
      externalMetric('queue', { averageValue: '10' }),
      4,
      { type: 'External', external: { metric, current: { averageValue: '17500m' } } },
      'external metric queue(&LabelSelector{MatchLabels:map[string]string{queue: tasks,},MatchExpressions:[]LabelSelectorRequirement{},})',
    ],
  ])('%s', (_what, spec, expected, status, name) => {
    const world = worldOf([spec], 2);
    world.pods = used;
    world.objects = { 'Ingress/main/rps': 250 };
    world.external = { queue: [30, 5] };
    expect(world.pass()).toBe(expected);
    expect(world.status.currentMetrics).toEqual([status]);
    expect(world.message('ScalingActive')).toBe(
      `the HPA was able to successfully calculate a replica count from ${name}`,
    );
    expect(world.events).toEqual([`Normal SuccessfulRescale: New size: ${expected}; reason: ${name} above target`]);
  });

  it('multiplies a metric of the whole with the ready pods only', () => {
    const world = worldOf([externalMetric('queue', { value: '10' })], 3);
    world.external = { queue: [20] };
    world.pods = [{ name: 'a' }, { name: 'b' }, { name: 'c', isReady: false }];
    expect(world.pass()).toBe(4);
  });

  it('needs no pods for a metric that they share', () => {
    const world = worldOf([externalMetric('queue', { averageValue: '30' })], 1);
    world.external = { queue: [100] };
    expect(world.pass()).toBe(4);
  });

  it.each<[string, MetricSpec, string, string]>([
    [
      'a container that the pods have not',
      ofContainer('other', { averageUtilization: 50 }),
      'FailedGetContainerResourceMetric',
      'failed to get cpu utilization: unable to get metrics for resource cpu: failed to get container metrics: container other not present in metrics for pod default/a',
    ],
    [
      'a resource that nobody measures',
      {
        type: 'Resource',
        resource: { name: 'ephemeral-storage', target: { type: 'AverageValue', averageValue: '1Gi' } },
      },
      'FailedGetResourceMetric',
      'failed to get ephemeral-storage usage: unable to get metrics for resource ephemeral-storage: no metrics returned from resource metrics API',
    ],
    [
      'a metric that no pod serves',
      podsMetric('latency', '10'),
      'FailedGetPodsMetric',
      'unable to get metric latency: no metrics returned from custom metrics API',
    ],
    [
      'an object that has no such metric',
      objectMetric('latency', { value: '1' }),
      'FailedGetObjectMetric',
      'unable to get metric latency on Ingress default/main: no metrics returned from custom metrics API',
    ],
    [
      'something outside that is not there',
      externalMetric('sky', { value: '1' }),
      'FailedGetExternalMetric',
      'failed to get external metric sky: unable to get external metric default/sky/&LabelSelector{MatchLabels:map[string]string{queue: tasks,},MatchExpressions:[]LabelSelectorRequirement{},}: no metrics returned from external metrics API',
    ],
  ])('says so of %s', (_what, spec, reason, message) => {
    const world = worldOf([spec], 2);
    world.pods = used;
    expect(world.pass()).toBe(2);
    expect(world.condition('ScalingActive')).toBe(`False ${reason}`);
    expect(world.message('ScalingActive')).toBe(`the HPA was unable to compute the replica count: ${message}`);
    expect(world.events[0]).toBe(`Warning ${reason}: ${message}`);
  });
});

describe('several metrics', () => {
  const three = [cpuUtilization(50), podsMetric('rps', '10'), externalMetric('queue', { averageValue: '10' })];

  it.each<[string, number, number | undefined, number[], number]>([
    ['the largest wish wins', 1000, 50, [100], 20],
    ['in whatever order', 100, 10, [150], 15],
    ['fewer only where all want fewer', 100, 2, [10], 1],
    ['one that cannot be read does not keep the others from adding pods', 1000, undefined, [0], 8],
    ['one that cannot be read keeps the others from removing pods', 100, undefined, [10], 4],
  ])('%s', (_what, cpu, rps, queue, expected) => {
    const world = worldOf(three, 4);
    world.useEach(cpu);
    world.pods = world.pods.map((pod) => ({ ...pod, ...(rps === undefined ? {} : { custom: { rps } }) }));
    world.external = { queue };
    expect(world.pass()).toBe(expected);
  });

  it('that cannot be read are told of, and what was read is shown', () => {
    const world = worldOf([podsMetric('rps', '10'), cpuUtilization(50)], 4);
    world.useEach(100);
    expect(world.pass()).toBe(4);
    expect(world.condition('ScalingActive')).toBe('False FailedGetPodsMetric');
    expect(world.status.currentMetrics).toMatchObject([
      { type: '' },
      { resource: { current: { averageUtilization: 10 } } },
    ]);
    expect(world.events).toContain(
      'Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 2), first error is: failed to get pods metric value: unable to get metric rps: no metrics returned from custom metrics API',
    );
    world.useEach(1000);
    expect(world.pass()).toBe(8);
    expect(world.condition('ScalingActive')).toBe('True ValidMetricFound');
    expect(world.events[0]).toContain('Warning FailedGetPodsMetric');
  });
});
