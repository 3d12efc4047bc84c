import type { MetricSpec } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import type { AutoscalerSettings } from './settings.ts';
import { AutoscalerWorld, cpuAverage, cpuUtilization, minute, podsMetric, second, type TestPod } from './test-world.ts';

/** Windows and rates out of the way: what is tested is what the metrics ask for. */
const free = {
  behavior: {
    scaleUp: { policies: [{ type: 'Percent', value: 100_000, periodSeconds: 1 }] },
    scaleDown: { stabilizationWindowSeconds: 0 },
  },
};

function worldOf(metrics: MetricSpec[], replicas: number, settings: Partial<AutoscalerSettings> = {}): AutoscalerWorld {
  const world = new AutoscalerWorld({ replicas, spec: { ...free, metrics }, settings });
  return world;
}

const ready = (count: number, cpu: number, first = 0): TestPod[] =>
  Array.from({ length: count }, (_, index) => ({ name: `web-${first + index}`, cpu }));

describe('desiredReplicas = ceil(currentReplicas × currentMetricValue / desiredMetricValue)', () => {
  it.each<[string, MetricSpec, number, number, number]>([
    ['twice the wanted value doubles', cpuAverage('100m'), 3, 200, 6],
    ['half of it halves', cpuAverage('100m'), 4, 50, 2],
    ['half of it halves, rounded up', cpuAverage('100m'), 3, 50, 2],
    ['50 replicas at 90 % of a wanted 75 %', cpuUtilization(75), 50, 900, 60],
    ['55.9 % of a wanted 50 % is 55 %: within the tolerance', cpuUtilization(50), 2, 559, 2],
    ['56 % is not', cpuUtilization(50), 2, 560, 3],
    ['a fifth more', cpuAverage('100m'), 10, 120, 12],
    ['no rounding error makes another pod', cpuAverage('100m'), 100, 7, 7],
    ['nothing used: the minimum', cpuUtilization(50), 4, 0, 1],
  ])('%s', (_what, metric, replicas, cpu, expected) => {
    const world = worldOf([metric], replicas);
    world.useEach(cpu);
    expect(world.pass()).toBe(expected);
  });
});

describe('a ratio close to 1', () => {
  it.each([
    [109, 10],
    [110, 10],
    [111, 12],
    [91, 10],
    [90, 10],
    [89, 9],
  ])('of %i/100 with the tolerance of 0.1 leads to %i of 10 replicas', (cpu, expected) => {
    const world = worldOf([cpuAverage('100m')], 10);
    world.useEach(cpu);
    expect(world.pass()).toBe(expected);
  });

  it.each([
    [0.2, 120, 10],
    [0.2, 121, 13],
    [0, 101, 11],
    [0, 99, 10],
  ])('with a cluster-wide tolerance of %d: %i/100 leads to %i of 10', (tolerance, cpu, expected) => {
    const world = worldOf([cpuAverage('100m')], 10, { tolerance });
    world.useEach(cpu);
    expect(world.pass()).toBe(expected);
  });

  it.each([
    ['up at once', 101, 101],
    ['down not within 5 %', 95, 100],
    ['down beyond 5 %', 94, 94],
  ])('with a tolerance of 0 up and 0.05 down goes %s', (_what, cpu, expected) => {
    const behavior = {
      scaleUp: { ...free.behavior.scaleUp, tolerance: '0' },
      scaleDown: { ...free.behavior.scaleDown, tolerance: '0.05' },
    };
    const world = new AutoscalerWorld({ replicas: 100, spec: { behavior, metrics: [cpuAverage('100m')] } });
    world.useEach(cpu);
    expect(world.pass()).toBe(expected);
  });

  it.each([
    [95, 100],
    [94, 94],
    [101, 100],
    [102, 102],
  ])('of 5 %% down and 1 %% up on 100Mi: %iMi leads to %i of 100', (used, expected) => {
    const behavior = {
      scaleUp: { ...free.behavior.scaleUp, tolerance: '0.01' },
      scaleDown: { ...free.behavior.scaleDown, tolerance: '0.05' },
    };
    const target = { type: 'AverageValue', averageValue: '100Mi' };
    const metrics = [{ type: 'Resource', resource: { name: 'memory', target } }];
    const world = new AutoscalerWorld({ replicas: 100, spec: { behavior, metrics } });
    world.pods = ready(100, 0).map((pod) => ({ ...pod, memory: used * 2 ** 20 }));
    expect(world.pass()).toBe(expected);
  });

  it('with a tolerance for one direction has the cluster-wide one for the other', () => {
    const behavior = { ...free.behavior, scaleUp: { ...free.behavior.scaleUp, tolerance: '0.01' } };
    for (const [cpu, expected] of [
      [102, 11],
      [91, 10],
      [89, 9],
    ] as const) {
      const world = new AutoscalerWorld({ replicas: 10, spec: { behavior, metrics: [cpuAverage('100m')] } });
      world.useEach(cpu);
      expect(world.pass()).toBe(expected);
    }
  });
});

describe('pods that do not count', () => {
  it.each<[string, TestPod]>([
    ['a pod that is being deleted', { name: 'gone', cpu: 0, isLeaving: true }],
    ['a failed pod', { name: 'gone', cpu: 0, phase: 'Failed' }],
    ['a failed pod without a sample', { name: 'gone', phase: 'Failed' }],
  ])('%s is discarded', (_what, pod) => {
    const world = worldOf([cpuUtilization(50)], 3);
    world.pods = [...ready(2, 1000), pod];
    expect(world.pass()).toBe(4);
    expect(world.status.currentMetrics[0]?.resource?.current.averageUtilization).toBe(100);
  });
});

describe('pods without a sample', () => {
  it.each<[string, MetricSpec, TestPod[], number]>([
    // 3 × 100 % of 50 % would be 6; with two at 0 %: 60/50 × 5.
    ['count as 0 % where more would be wanted', cpuUtilization(50), ready(3, 1000), 6],
    // 3 × 10 % would be 1; with two at 100 %: (30 + 200)/5 = 46 of 50: within the tolerance.
    ['count as 100 % where fewer would be wanted', cpuUtilization(50), ready(3, 100), 5],
    // (3 × 10 + 2 × 100)/5 = 46 of 60: 0.77 × 5.
    ['dampen a scale-down', cpuUtilization(60), ready(3, 100), 4],
    ['count as the target itself where it is no percentage', cpuAverage('500m'), ready(3, 100), 3],
    // 120 % on three, 0 on two: 72 of 100 would turn the direction round.
    ['never turn the direction round', cpuUtilization(100), ready(3, 1200), 5],
  ])('%s', (_what, metric, pods, expected) => {
    const world = worldOf([metric], 5);
    world.pods = [...pods, { name: 'a' }, { name: 'b' }];
    expect(world.pass()).toBe(expected);
  });

  it('count as the target where that is more than 100 %, so that they look no idler than wanted', () => {
    const world = worldOf([cpuUtilization(200)], 4);
    // (2 × 100 + 2 × 200)/4 = 150 of 200: 0.75 × 4. At 100 % each it would be 2.
    world.pods = [...ready(2, 1000), { name: 'a' }, { name: 'b' }];
    expect(world.pass()).toBe(3);
  });

  it('leave the reported value as it was measured', () => {
    const world = worldOf([cpuUtilization(60)], 5);
    world.pods = [...ready(3, 100), { name: 'a' }, { name: 'b' }];
    world.pass();
    expect(world.status.currentMetrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 10, averageValue: '100m' } } },
    ]);
  });

  it('are no reason to scale where all others are just right', () => {
    const world = worldOf([cpuAverage('100m')], 5);
    world.pods = [...ready(3, 100), { name: 'a' }, { name: 'b' }];
    expect(world.pass()).toBe(5);
  });
});

describe('pods that are not yet ready', () => {
  const starting: TestPod = { name: 'new', cpu: 1000, isReady: false, startedAgo: 10 * second };

  it('count as 0 % of cpu where more would be wanted', () => {
    const world = worldOf([cpuUtilization(50)], 3);
    // Two at 100 % alone: 4. With the third at 0: 66/50 × 3.
    world.pods = [...ready(2, 1000), starting];
    expect(world.pass()).toBe(4);
    world.pods = [...ready(2, 700), starting];
    world.replicas = 3;
    // 46 of 50 with it: within the tolerance, and without it more would be wanted.
    expect(world.pass()).toBe(3);
  });

  it('do not count where fewer would be wanted', () => {
    const world = worldOf([cpuUtilization(50)], 5);
    world.pods = [...ready(4, 100), starting];
    expect(world.pass()).toBe(1);
  });

  it('count as 0 together with those that have no sample', () => {
    const world = worldOf([cpuUtilization(50)], 4);
    // (2 × 150)/4 = 75 of 50: 1.5 × 4.
    world.pods = [...ready(2, 1500), starting, { name: 'a' }];
    expect(world.pass()).toBe(6);
  });

  it('count in full for everything but cpu', () => {
    const world = worldOf([podsMetric('rps', '10')], 2);
    world.pods = [
      { name: 'a', custom: { rps: 30 } },
      { ...starting, custom: { rps: 10 } },
    ];
    expect(world.pass()).toBe(4);
  });

  it('count as 0 of every metric while they are Pending', () => {
    const world = worldOf([podsMetric('rps', '10')], 3);
    world.pods = [
      { name: 'a', custom: { rps: 30 } },
      { name: 'b', custom: { rps: 30 } },
      { name: 'c', phase: 'Pending', isReady: false },
    ];
    // 20 of 10 on three.
    expect(world.pass()).toBe(6);
  });

  it.each<[string, TestPod, boolean]>([
    ['unready within the cpu initialization period', { name: 'p', isReady: false, startedAgo: 4 * minute }, false],
    [
      'ready within it, measured from before that',
      { name: 'p', startedAgo: 4 * minute, changedAgo: 20 * second },
      false,
    ],
    ['ready within it, measured since then', { name: 'p', startedAgo: 4 * minute, changedAgo: 31 * second }, true],
    ['ready after it, whenever measured', { name: 'p', startedAgo: 6 * minute, changedAgo: second }, true],
    [
      'unready after it, since right after its start: it never was ready',
      { name: 'p', isReady: false, startedAgo: 6 * minute, changedAgo: 6 * minute - 29 * second },
      false,
    ],
    [
      'unready after it, since later: it has been ready',
      { name: 'p', isReady: false, startedAgo: 6 * minute, changedAgo: 6 * minute - 31 * second },
      true,
    ],
  ])('a pod %s counts: %o', (_what, pod, counts) => {
    const world = worldOf([cpuUtilization(50)], 2);
    world.pods = [...ready(1, 1000), { ...pod, cpu: 1000 }];
    // 2 × 100 % of 50 % is 4. Counted as 0, it is 50 of 50: no change.
    expect(world.pass()).toBe(counts ? 4 : 2);
  });

  it('have the periods that the cluster sets', () => {
    const pod: TestPod = { name: 'p', cpu: 1000, isReady: false, startedAgo: 10 * second, changedAgo: 5 * second };
    const settings = { cpuInitializationMs: 8 * second, initialReadinessMs: 3 * second };
    const world = worldOf([cpuUtilization(50)], 2, settings);
    world.pods = [...ready(1, 1000), pod];
    expect(world.pass()).toBe(4);
  });
});

describe('what an autoscaler is told of', () => {
  it.each<[string, TestPod[], string]>([
    [
      'no sample at all',
      [{ name: 'a' }],
      'failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
    ],
    [
      'samples of unready pods only',
      [{ name: 'a', cpu: 1, isReady: false, startedAgo: second }],
      'failed to get cpu utilization: did not receive metrics for any ready pods',
    ],
    [
      'a container without a request',
      [{ name: 'a', cpu: 1, request: undefined }],
      'failed to get cpu utilization: missing request for cpu in container main of Pod a',
    ],
  ])('%s', (_what, pods, message) => {
    const world = worldOf([cpuUtilization(50)], 1);
    world.pods = pods;
    expect(world.pass()).toBe(1);
    expect(world.condition('ScalingActive')).toBe('False FailedGetResourceMetric');
    expect(world.message('ScalingActive')).toBe(`the HPA was unable to compute the replica count: ${message}`);
    expect(world.events).toEqual([
      `Warning FailedGetResourceMetric: ${message}`,
      `Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${message}`,
    ]);
    expect(world.status).toMatchObject({ currentReplicas: 1, currentMetrics: [{ type: '' }] });
  });
});
