import { describe, expect, it } from 'vitest';
import { planNodeStatus } from './node-registration.ts';
import { testRegistration } from './testing/test-sessions.ts';

const first = new Date('2026-11-21T12:00:00.500Z');
const later = new Date('2026-11-21T12:05:00.000Z');

describe('the status of a Node after a registration', () => {
  it('is Ready, with what the host declares', () => {
    const status = planNodeStatus({}, testRegistration, first);
    expect(status).toMatchObject({ capacity: { cpu: '2' }, allocatable: { memory: '4Gi' } });
    expect(status.conditions?.at(-1)).toEqual({
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: 'gantry agent is posting ready status',
      lastHeartbeatTime: '2026-11-21T12:00:00Z',
      lastTransitionTime: '2026-11-21T12:00:00Z',
    });
  });

  it('keeps the time of the last transition until a condition flips', () => {
    const before = planNodeStatus({}, testRegistration, first);
    const same = planNodeStatus(before, testRegistration, later);
    expect(same.conditions?.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([
      '2026-11-21T12:00:00Z',
      '2026-11-21T12:00:00Z',
    ]);
    expect(same.conditions?.[0]?.lastHeartbeatTime).toBe('2026-11-21T12:05:00Z');
    const flipped = planNodeStatus(same, { ...testRegistration, notReadyReason: 'the engine is gone' }, later);
    expect(flipped.conditions?.at(-1)).toMatchObject({
      status: 'False',
      reason: 'KubeletNotReady',
      message: 'the engine is gone',
      lastTransitionTime: '2026-11-21T12:05:00Z',
    });
  });

  it('leaves the conditions of other writers, and drops what the host no longer has', () => {
    const network = { type: 'NetworkUnavailable', status: 'False' as const };
    const before = { conditions: [network], images: [{ names: ['old:1'] }] };
    const status = planNodeStatus(before, testRegistration, first);
    expect(status.conditions?.map(({ type }) => type)).toEqual(['NetworkUnavailable', 'DiskPressure', 'Ready']);
    expect(status.images).toEqual([]);
  });
});
