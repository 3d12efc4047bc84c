import { defaultVmModel } from '@gantry/core/density/vm-model';
import { describe, expect, it } from 'vitest';
import { feedPod } from '../testing/feed-objects.ts';
import { lensShare, parseLens, tileMarks } from './lens.ts';

const Gi = 2 ** 30;
const allocatable = { cpuMilli: 4000, memoryBytes: 8 * Gi };
const pod = feedPod('web', {
  phase: 'Running',
  requests: { cpuMilli: 400, memoryBytes: 2 * Gi },
  limits: { cpuMilli: 2000, memoryBytes: 3 * Gi },
});
const usage = { uid: pod.uid, cpuMilli: 200, memoryBytes: Gi, throttledRatio: 0 };
const share = (lens: Parameters<typeof lensShare>[0], change: Partial<Parameters<typeof lensShare>[1]> = {}) =>
  lensShare(lens, { pod, allocatable, usage, model: defaultVmModel, ...change });

describe('the area of a tile', () => {
  it('is its part of allocatable along the tighter resource, by what the lens counts', () => {
    expect(share('requests')).toBe(0.25);
    expect(share('used')).toBe(0.13);
    expect(share('limits')).toBe(0.5);
    expect(share('density')).toBeCloseTo((0.1 + 0.25) / 2);
    expect(share('vms')).toBeCloseTo((2 * Gi + 320 * 2 ** 20) / (8 * Gi));
  });

  it('is never more than the node, however much is used or promised', () => {
    expect(share('used', { usage: { ...usage, cpuMilli: 9000 } })).toBe(1);
    expect(share('limits', { pod: { ...pod, limits: { cpuMilli: 64_000, memoryBytes: 0 } } })).toBe(1);
  });

  it('is nothing for a pod that has ended, without a sample, and on a node without resources', () => {
    expect(share('requests', { pod: { ...pod, phase: 'Succeeded' } })).toBe(0);
    expect(share('used', { usage: undefined })).toBe(0);
    expect(share('requests', { allocatable: { cpuMilli: 0, memoryBytes: 0 } })).toBe(0);
  });
});

describe('the marks of a tile', () => {
  it('are memory against its limit, what of a request is used, and throttling', () => {
    expect(tileMarks('requests', pod, usage)).toEqual({ memory: 0.35 });
    expect(tileMarks('density', pod, { ...usage, throttledRatio: 0.2 })).toEqual({
      memory: 0.35,
      fill: 0.5,
      isThrottled: true,
    });
    expect(tileMarks('requests', pod, { ...usage, memoryBytes: 4 * Gi })).toEqual({ memory: 1 });
    expect(tileMarks('requests', { ...pod, limits: { cpuMilli: 0, memoryBytes: 0 } }, usage)).toEqual({});
    expect(tileMarks('used', pod, undefined)).toEqual({});
  });
});

it('takes an unknown lens in a link for requests', () => {
  expect(parseLens('vms')).toBe('vms');
  expect(parseLens('price')).toBe('requests');
  expect(parseLens(undefined)).toBe('requests');
});
