import type { HPAScalingRules } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { AutoscalerWorld, cpuAverage, minute, second } from './test-world.ts';

const period = 15 * second;
const metrics = [cpuAverage('100m')];

/** An autoscaler whose pods share a load that wants so many of them. */
function worldOf(
  replicas: number,
  behavior: { scaleUp?: HPAScalingRules; scaleDown?: HPAScalingRules } | undefined,
  more: { minReplicas?: number; maxReplicas?: number } = {},
): AutoscalerWorld {
  const spec = { metrics, ...more, ...(behavior ? { behavior } : {}) };
  return new AutoscalerWorld({ replicas, spec });
}

/** The replicas after each of so many passes, one a period, while this many are wanted. */
function run(world: AutoscalerWorld, wanted: number, passes: number, periodMs = period): number[] {
  // One pod has the whole of it, so that no rounding changes what is wanted.
  return world.passes(passes * periodMs, periodMs, () => {
    world.useEach(0);
    world.pods = world.pods.map((pod, index) => (index === 0 ? { ...pod, cpu: wanted * 100 } : { ...pod, cpu: 0 }));
  });
}

describe('without behavior', () => {
  it('doubles at most, and goes from 1 to 4', () => {
    expect(run(worldOf(1, undefined), 100, 7)).toEqual([4, 8, 16, 32, 64, 100, 100]);
    expect(run(worldOf(3, undefined), 100, 2)).toEqual([6, 12]);
  });

  it('removes pods once nothing in five minutes wanted them', () => {
    const world = worldOf(10, undefined);
    run(world, 10, 1);
    const seen = run(world, 2, 22);
    // The wish for 10 is 15 s old at the first pass and five minutes old at the twentieth.
    expect(seen.indexOf(2)).toBe(20);
    expect(seen.slice(0, 20)).toEqual(Array(20).fill(10));
  });

  it('goes down to the most that was wanted in the last five minutes', () => {
    const world = worldOf(10, undefined);
    run(world, 10, 1);
    run(world, 7, 1);
    run(world, 5, 8);
    // 10 leaves the window first, then 7.
    expect(run(world, 2, 24).filter((value, index, all) => value !== all[index - 1])).toEqual([10, 7, 5, 2]);
  });

  it('has the window that the cluster sets', () => {
    const world = new AutoscalerWorld({
      replicas: 10,
      spec: { metrics },
      settings: { downscaleStabilizationMs: 30_000 },
    });
    expect(run(world, 2, 4)).toEqual([10, 10, 10, 2]);
  });

  it('waits for a whole window after a restart: what was wanted before is not known', () => {
    const world = worldOf(10, undefined);
    expect(run(world, 2, 21).slice(0, 21)).toEqual(Array(21).fill(10));
    expect(run(world, 2, 1)).toEqual([2]);
  });
});

describe('with behavior that says nothing of a direction', () => {
  it('adds 4 pods or doubles, whichever is more, in 15 s', () => {
    expect(run(worldOf(1, { scaleDown: { selectPolicy: 'Max' } }), 100, 6)).toEqual([5, 10, 20, 40, 80, 100]);
  });

  it('may remove all in 15 s, after five minutes', () => {
    const world = worldOf(100, { scaleUp: { selectPolicy: 'Max' } });
    const seen = run(world, 1, 22);
    expect(seen.indexOf(1)).toBe(20);
    expect(seen[19]).toBe(100);
  });
});

describe('policies for scaling down', () => {
  it('of 4 pods and of 10 per cent a minute: the larger change counts', () => {
    const policies = [
      { type: 'Pods', value: 4, periodSeconds: 60 },
      { type: 'Percent', value: 10, periodSeconds: 60 },
    ];
    const world = worldOf(80, { scaleDown: { stabilizationWindowSeconds: 0, policies } });
    // 10 % of 80, then of 72 (7.2, rounded up); below 40 the 4 pods are more.
    expect(run(world, 10, 14, minute)).toEqual([72, 64, 57, 51, 45, 40, 36, 32, 28, 24, 20, 16, 12, 10]);
  });

  it('hold for any minute, however often it is decided', () => {
    const policies = [{ type: 'Pods', value: 4, periodSeconds: 60 }];
    const world = worldOf(20, { scaleDown: { stabilizationWindowSeconds: 0, policies } });
    expect(run(world, 1, 9)).toEqual([16, 16, 16, 16, 12, 12, 12, 12, 8]);
    expect(world.condition('ScalingLimited')).toBe('True ScaleDownLimit');
  });

  it('count what is left of a period where it was used in part', () => {
    const policies = [{ type: 'Pods', value: 4, periodSeconds: 60 }];
    const world = worldOf(20, { scaleDown: { stabilizationWindowSeconds: 0, policies } });
    expect(run(world, 17, 1)).toEqual([17]);
    expect(run(world, 1, 5)).toEqual([16, 16, 16, 13, 12]);
  });

  it('of 10 per cent a minute', () => {
    const policies = [{ type: 'Percent', value: 10, periodSeconds: 60 }];
    const world = worldOf(100, { scaleDown: { stabilizationWindowSeconds: 0, policies } });
    expect(run(world, 1, 5, minute)).toEqual([90, 81, 72, 64, 57]);
  });

  it('of 10 per cent and of 5 pods with selectPolicy Min: never more than 5 a minute', () => {
    const policies = [
      { type: 'Percent', value: 10, periodSeconds: 60 },
      { type: 'Pods', value: 5, periodSeconds: 60 },
    ];
    const world = worldOf(100, { scaleDown: { stabilizationWindowSeconds: 0, selectPolicy: 'Min', policies } });
    expect(run(world, 1, 13, minute)).toEqual([95, 90, 85, 80, 75, 70, 65, 60, 55, 50, 45, 40, 36]);
  });

  it('with selectPolicy Disabled: never', () => {
    const world = worldOf(10, { scaleDown: { stabilizationWindowSeconds: 0, selectPolicy: 'Disabled' } });
    expect(run(world, 1, 40)).toEqual(Array(40).fill(10));
    expect(run(world, 20, 1)).toEqual([20]);
    expect(world.condition('ScalingLimited')).toBe('False DesiredWithinRange');
  });

  it('of one pod in ten minutes', () => {
    const policies = [{ type: 'Pods', value: 1, periodSeconds: 600 }];
    const world = worldOf(10, { scaleDown: { stabilizationWindowSeconds: 0, policies } });
    const seen = run(world, 1, 121, 30 * second);
    expect(seen.filter((value, index) => value !== seen[index - 1])).toEqual([9, 8, 7, 6, 5, 4, 3]);
    expect([seen[19], seen[20]]).toEqual([9, 8]);
  });

  it('of five pods in ten minutes after a window of ten minutes', () => {
    const policies = [{ type: 'Pods', value: 5, periodSeconds: 600 }];
    const world = worldOf(20, { scaleDown: { stabilizationWindowSeconds: 600, policies } });
    expect(run(world, 1, 32, minute).filter((value, index, all) => value !== all[index - 1])).toEqual([20, 15, 10, 5]);
  });

  it('never goes below minReplicas', () => {
    const world = worldOf(10, { scaleDown: { stabilizationWindowSeconds: 0 } }, { minReplicas: 3 });
    expect(run(world, 1, 2)).toEqual([3, 3]);
    expect(world.condition('ScalingLimited')).toBe('True TooFewReplicas');
  });
});

describe('policies for scaling up', () => {
  it('of 900 per cent a minute: as fast as can be', () => {
    const policies = [{ type: 'Percent', value: 900, periodSeconds: 60 }];
    expect(run(worldOf(1, { scaleUp: { policies } }), 1000, 4, minute)).toEqual([10, 100, 1000, 1000]);
  });

  it('of one pod in ten minutes: very slowly', () => {
    const policies = [{ type: 'Pods', value: 1, periodSeconds: 600 }];
    const seen = run(worldOf(1, { scaleUp: { policies } }), 50, 41, minute);
    expect(seen.filter((value, index) => value !== seen[index - 1])).toEqual([2, 3, 4, 5, 6]);
  });

  it('of a few per cent of a few pods: one', () => {
    const policies = [{ type: 'Percent', value: 10, periodSeconds: 15 }];
    expect(run(worldOf(1, { scaleUp: { policies } }), 50, 12)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15]);
  });

  it.each([
    ['Max', [10, 20, 40]],
    ['Min', [9, 13, 17]],
    ['Disabled', [5, 5, 5]],
  ])('with selectPolicy %s: %o', (selectPolicy, expected) => {
    const policies = [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ];
    const world = worldOf(5, { scaleUp: { selectPolicy, policies } });
    expect(run(world, 100, 3)).toEqual(expected);
    expect(world.condition('ScalingLimited')).toBe('True ScaleUpLimit');
  });

  it('of different periods: each counts its own', () => {
    const policies = [
      { type: 'Pods', value: 2, periodSeconds: 15 },
      { type: 'Pods', value: 5, periodSeconds: 60 },
    ];
    const world = worldOf(10, { scaleUp: { selectPolicy: 'Min', policies } });
    expect(run(world, 100, 8)).toEqual([12, 14, 15, 15, 17, 19, 20, 20]);
  });

  it('count pods that were removed in the period as room', () => {
    const rules = { policies: [{ type: 'Pods', value: 4, periodSeconds: 60 }] };
    const world = worldOf(10, { scaleUp: rules, scaleDown: { ...rules, stabilizationWindowSeconds: 0 } });
    expect(run(world, 6, 1)).toEqual([6]);
    // The minute began with 10: it may end with 14.
    expect(run(world, 50, 1)).toEqual([14]);
  });

  it('never goes above maxReplicas', () => {
    const policies = [{ type: 'Percent', value: 900, periodSeconds: 60 }];
    const world = worldOf(1, { scaleUp: { policies } }, { maxReplicas: 7 });
    expect(run(world, 100, 1)).toEqual([7]);
    expect(world.condition('ScalingLimited')).toBe('True TooManyReplicas');
  });
});

describe('stabilization windows', () => {
  it.each([60, 120, 3600])('down: what was wanted in the last %i s keeps its pods', (stabilizationWindowSeconds) => {
    const world = worldOf(10, { scaleDown: { stabilizationWindowSeconds } });
    run(world, 10, 1);
    const passes = stabilizationWindowSeconds / 15;
    const seen = run(world, 2, passes + 1);
    expect(seen.indexOf(2)).toBe(passes - 1);
  });

  it('down of 0: at once', () => {
    expect(run(worldOf(10, { scaleDown: { stabilizationWindowSeconds: 0 } }), 2, 1)).toEqual([2]);
  });

  it('up of 0, the default: at once', () => {
    expect(run(worldOf(10, { scaleUp: { selectPolicy: 'Max' } }), 20, 1)).toEqual([20]);
  });

  it('up of five minutes: only what was wanted all the time', () => {
    const scaleUp = {
      stabilizationWindowSeconds: 300,
      policies: [{ type: 'Pods', value: 20, periodSeconds: 60 }],
    };
    const world = worldOf(10, { scaleUp });
    run(world, 10, 1);
    const seen = run(world, 15, 21);
    expect(seen.slice(0, 19)).toEqual(Array(19).fill(10));
    expect(seen.indexOf(15)).toBe(19);
  });

  it('up: a short dip starts the window anew', () => {
    const world = worldOf(10, { scaleUp: { stabilizationWindowSeconds: 60 } });
    run(world, 10, 1);
    expect(run(world, 15, 2)).toEqual([10, 10]);
    expect(run(world, 10, 1)).toEqual([10]);
    expect(run(world, 15, 4)).toEqual([10, 10, 10, 15]);
  });

  it('up: goes to the least of what was wanted', () => {
    const world = worldOf(2, { scaleUp: { stabilizationWindowSeconds: 60 } });
    run(world, 2, 1);
    expect(run(world, 6, 1)).toEqual([2]);
    expect(run(world, 4, 1)).toEqual([2]);
    expect(run(world, 8, 2)).toEqual([2, 4]);
  });

  it('in both directions: nothing moves while wishes are on both sides', () => {
    const world = worldOf(10, {
      scaleUp: { stabilizationWindowSeconds: 60 },
      scaleDown: { stabilizationWindowSeconds: 60 },
    });
    run(world, 10, 1);
    const seen: number[] = [];
    for (const wanted of [5, 20, 5, 20, 5, 20]) seen.push(...run(world, wanted, 1));
    expect(seen).toEqual(Array(6).fill(10));
  });

  it('say until when they hold', () => {
    const world = worldOf(10, { scaleDown: { stabilizationWindowSeconds: 60 } });
    run(world, 10, 1);
    run(world, 2, 1);
    expect(world.point?.heldBy).toEqual({
      type: 'ScaleDownStabilized',
      message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
      until: world.nowMs - 2 * period + 60 * second,
    });
  });

  it('come before policies', () => {
    const policies = [{ type: 'Pods', value: 2, periodSeconds: 15 }];
    const world = worldOf(10, { scaleDown: { stabilizationWindowSeconds: 30, policies } });
    run(world, 10, 1);
    expect(run(world, 2, 5)).toEqual([10, 8, 6, 4, 2]);
  });
});

describe('a clock that is set back', () => {
  it('holds replicas for one window, not until the time comes round again', () => {
    const world = worldOf(10, { scaleUp: { stabilizationWindowSeconds: 60 } });
    run(world, 10, 8);
    world.advance(-3_600 * second);
    // What was wanted in the last minute is not known: the present number counts as that.
    expect(run(world, 30, 4)).toEqual([10, 10, 10, 10]);
    expect(run(world, 30, 2)).toEqual([20, 30]);
  });

  it('counts no changes against a policy that are still to come', () => {
    const policies = [{ type: 'Pods', value: 2, periodSeconds: 60 }];
    const world = worldOf(10, { scaleUp: { policies, stabilizationWindowSeconds: 0 } });
    expect(run(world, 30, 2)).toEqual([12, 12]);
    world.advance(-3_600 * second);
    expect(run(world, 30, 1)).toEqual([14]);
  });
});
