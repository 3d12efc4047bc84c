import { describe, expect, it } from 'vitest';
import { AutoscalerWorld, cpuAverage, cpuUtilization, minute, second } from './test-world.ts';

const metrics = [cpuAverage('100m')];

describe('what the conditions say', () => {
  it('of a target that has what it needs', () => {
    const world = new AutoscalerWorld({ replicas: 2, spec: { metrics } });
    world.useEach(100);
    world.pass();
    expect(
      world.status.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]),
    ).toEqual([
      ['AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size'],
      [
        'ScalingActive',
        'True',
        'ValidMetricFound',
        'the HPA was able to successfully calculate a replica count from cpu resource',
      ],
      ['ScalingLimited', 'False', 'DesiredWithinRange', 'the desired count is within the acceptable range'],
    ]);
    expect(world.status).toMatchObject({ observedGeneration: 1, currentReplicas: 2, desiredReplicas: 2 });
    expect(world.status).not.toHaveProperty('lastScaleTime');
    expect(world.events).toEqual([]);
  });

  it('of a target that was scaled', () => {
    const world = new AutoscalerWorld({ replicas: 2, spec: { metrics } });
    world.useEach(150);
    world.pass();
    expect(world.condition('AbleToScale')).toBe('True SucceededRescale');
    expect(world.message('AbleToScale')).toBe('the HPA controller was able to update the target scale to 3');
    expect(world.status).toMatchObject({
      currentReplicas: 2,
      desiredReplicas: 3,
      lastScaleTime: '2026-01-01T00:00:00Z',
    });
    expect(world.events).toEqual(['Normal SuccessfulRescale: New size: 3; reason: cpu resource above target']);
  });

  it('of a target that has fewer than it was, and of its event', () => {
    const behavior = { scaleDown: { stabilizationWindowSeconds: 0 } };
    const world = new AutoscalerWorld({ replicas: 4, spec: { metrics, behavior } });
    world.useEach(50);
    world.pass();
    expect(world.events).toEqual(['Normal SuccessfulRescale: New size: 2; reason: All metrics below target']);
  });

  it.each([
    ['above maxReplicas', { maxReplicas: 3 }, 5, 3, 'Current number of replicas above Spec.MaxReplicas'],
    ['below minReplicas', { minReplicas: 4 }, 2, 4, 'Current number of replicas below Spec.MinReplicas'],
  ])('of a target %s: its metrics are not asked', (_what, limits, replicas, expected, reason) => {
    const world = new AutoscalerWorld({ replicas, spec: { metrics, ...limits } });
    expect(world.pass()).toBe(expected);
    expect(world.condition('ScalingActive')).toBe('absent');
    expect(world.events).toEqual([`Normal SuccessfulRescale: New size: ${expected}; reason: ${reason}`]);
  });

  it('of a target with no replicas: autoscaling is off until somebody gives it one', () => {
    const world = new AutoscalerWorld({ replicas: 0, spec: { metrics, minReplicas: 2 } });
    expect(world.pass()).toBe(0);
    expect(world.condition('ScalingActive')).toBe('False ScalingDisabled');
    expect(world.message('ScalingActive')).toBe('scaling is disabled since the replica count of the target is zero');
    expect(world.events).toEqual([]);
    world.replicas = 1;
    expect(world.pass()).toBe(2);
    world.useEach(100);
    world.pass();
    expect(world.condition('ScalingActive')).toBe('True ValidMetricFound');
  });

  it.each([
    ['TooManyReplicas', 4, 200, 5, 'the desired replica count is more than the maximum replica count'],
    ['ScaleUpLimit', 2, 1000, 4, 'the desired replica count is increasing faster than the maximum scale rate'],
  ])('%s', (reason, replicas, cpu, expected, message) => {
    const world = new AutoscalerWorld({ replicas, spec: { metrics, maxReplicas: 5 } });
    world.useEach(cpu);
    expect(world.pass()).toBe(expected);
    expect(world.condition('ScalingLimited')).toBe(`True ${reason}`);
    expect(world.message('ScalingLimited')).toBe(message);
    expect(world.point).toMatchObject({ current: replicas, desired: expected, heldBy: { type: reason } });
  });

  it('TooFewReplicas', () => {
    const behavior = { scaleDown: { stabilizationWindowSeconds: 0 } };
    const world = new AutoscalerWorld({ replicas: 4, spec: { metrics, behavior, minReplicas: 2 } });
    world.useEach(10);
    expect(world.pass()).toBe(2);
    expect(world.condition('ScalingLimited')).toBe('True TooFewReplicas');
    expect(world.message('ScalingLimited')).toBe('the desired replica count is less than the minimum replica count');
  });

  it('ScaleDownStabilized and ScaleUpStabilized', () => {
    const behavior = { scaleUp: { stabilizationWindowSeconds: 60 } };
    const world = new AutoscalerWorld({ replicas: 4, spec: { metrics, behavior } });
    world.useEach(10);
    world.pass();
    expect(world.condition('AbleToScale')).toBe('True ScaleDownStabilized');
    expect(world.status.desiredReplicas).toBe(4);
    world.advance(15 * second);
    world.useEach(200);
    world.pass();
    expect(world.condition('AbleToScale')).toBe('True ScaleUpStabilized');
    expect(world.message('AbleToScale')).toBe(
      'recent recommendations were lower than current one, applying the lowest recent recommendation',
    );
  });

  it('since when: only a change of status counts', () => {
    const world = new AutoscalerWorld({ replicas: 2, spec: { metrics } });
    const since = () => world.status.conditions?.find(({ type }) => type === 'ScalingActive')?.lastTransitionTime;
    world.useEach(100);
    world.pass();
    const first = since();
    world.advance(minute);
    world.pass();
    expect(since()).toBe(first);
    world.pods = [];
    world.pass();
    expect(since()).not.toBe(first);
    expect(world.status.conditions).toHaveLength(3);
  });

  it('of pods that more than one autoscaler scales by', () => {
    const message = 'pods by selector app=web are controlled by multiple HPAs: [default/a default/web]';
    const world = new AutoscalerWorld({ replicas: 2, spec: { metrics } });
    world.target = {
      type: 'unusable',
      reason: 'AmbiguousSelector',
      condition: message,
      eventReason: 'AmbiguousSelector',
      message,
    };
    expect(world.pass()).toBe(2);
    expect(world.condition('ScalingActive')).toBe('False AmbiguousSelector');
    expect(world.events).toEqual([
      `Warning AmbiguousSelector: ${message}`,
      `Warning FailedComputeMetricsReplicas: ${message}`,
    ]);
  });
});

describe('the walkthrough', () => {
  it('of a web server under load that ends', () => {
    // One pod of 200m, 50 % of it wanted, 1 to 10 pods; the load takes 610m.
    const world = new AutoscalerWorld({ replicas: 1, spec: { metrics: [cpuUtilization(50)], maxReplicas: 10 } });
    const load = (cpu: number) => () => {
      world.share(cpu);
      world.pods = world.pods.map((pod) => ({ ...pod, request: 200 }));
    };
    load(0)();
    expect(world.pass()).toBe(1);
    expect(world.status.currentMetrics[0]?.resource?.current.averageUtilization).toBe(0);
    world.advance(15 * second);
    load(610)();
    world.pass();
    expect(world.status.currentMetrics[0]?.resource?.current.averageUtilization).toBe(305);
    // 305 % of 50 % wants 7; the first step goes to 4.
    expect(world.replicas).toBe(4);
    world.advance(15 * second);
    expect(world.passes(minute, 15 * second, load(610))).toEqual([7, 7, 7, 7]);
    const after = world.passes(6 * minute, 15 * second, load(0));
    expect(after.slice(0, 20)).toEqual(Array(20).fill(7));
    expect(after.at(-1)).toBe(1);
  });
});
