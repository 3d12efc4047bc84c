import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AutoscalerMemory } from './memory.ts';
import { normalizeReplicas } from './normalize-replicas.ts';
import { defaultAutoscalerSettings } from './settings.ts';

const nowMs = 10_000_000;
const longAgo = fc.integer({ min: 0, max: 4_000_000 }).map((ago) => nowMs - ago);

const policy = fc.record({
  type: fc.constantFrom('Pods', 'Percent'),
  value: fc.integer({ min: 1, max: 1000 }),
  periodSeconds: fc.integer({ min: 1, max: 1800 }),
});
const rules = fc.record(
  {
    stabilizationWindowSeconds: fc.integer({ min: 0, max: 3600 }),
    selectPolicy: fc.constantFrom('Max', 'Min', 'Disabled'),
    policies: fc.array(policy, { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: [] },
);
const scaleEvents = fc.array(fc.record({ at: longAgo, change: fc.integer({ min: 1, max: 100 }) }), { maxLength: 5 });
const memory: fc.Arbitrary<AutoscalerMemory> = fc.record({
  recommendations: fc.array(fc.record({ at: longAgo, replicas: fc.integer({ min: 0, max: 500 }) }), { maxLength: 8 }),
  scaleUps: scaleEvents,
  scaleDowns: scaleEvents,
});
const bounds = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat(100), fc.nat(100));
const desired = fc.integer({ min: 0, max: 1000 });

describe('whatever is asked for, remembered and allowed', () => {
  const scaleTargetRef = { kind: 'Deployment', name: 'web' };
  const settings = defaultAutoscalerSettings;

  it('stays within minReplicas and maxReplicas', () => {
    fc.assert(
      fc.property(bounds, desired, memory, fc.option(fc.record({ scaleUp: rules, scaleDown: rules })), (...given) => {
        const [[minReplicas, room, offset], wanted, remembered, behavior] = given;
        const maxReplicas = minReplicas + room;
        const current = Math.min(maxReplicas, minReplicas + offset);
        const spec = { scaleTargetRef, minReplicas, maxReplicas, ...(behavior ? { behavior } : {}) };
        const input = { spec, desired: wanted, current, memory: remembered, settings, nowMs };
        const { replicas } = normalizeReplicas(input);
        expect(replicas).toBeGreaterThanOrEqual(minReplicas);
        expect(replicas).toBeLessThanOrEqual(maxReplicas);
      }),
    );
  });

  it('with behavior never moves away from what is asked for, nor past it, and says what holds it', () => {
    fc.assert(
      fc.property(desired, memory, fc.record({ scaleUp: rules, scaleDown: rules }), (wanted, remembered, behavior) => {
        const current = 20;
        const spec = { scaleTargetRef, minReplicas: 1, maxReplicas: 2000, behavior };
        const input = { spec, desired: wanted, current, memory: remembered, settings, nowMs };
        const { replicas, heldBy, ableToScale, scalingLimited } = normalizeReplicas(input);
        expect(replicas).toBeGreaterThanOrEqual(Math.min(current, Math.max(1, wanted)));
        expect(replicas).toBeLessThanOrEqual(Math.max(current, wanted));
        expect(heldBy === undefined).toBe(replicas === wanted);
        const isHeld = ableToScale.reason !== 'ReadyForNewScale' || scalingLimited.isLimited;
        expect(isHeld).toBe(replicas !== wanted);
      }),
    );
  });
});
