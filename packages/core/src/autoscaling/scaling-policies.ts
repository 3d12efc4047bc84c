import type { HPAScalingPolicy, HPAScalingRules } from '@gantry/api-types';
import type { AutoscalerMemory, ScaleEvent } from './memory.ts';

const defaultPolicy = { type: 'Percent', value: 100, periodSeconds: 15 };

/** The most replicas that the rules allow now, at least `current`. */
export function scaleUpLimit(current: number, memory: AutoscalerMemory, rules: HPAScalingRules, nowMs: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = policiesOf(rules).map((policy) => {
    const start = startOfPeriod(current, memory, policy, nowMs);
    // Rounded up, or a few per cent of a few pods would never be one.
    return policy.type === 'Pods' ? start + policy.value : Math.ceil((start * (100 + policy.value)) / 100);
  });
  const limit = rules.selectPolicy === 'Min' ? Math.min(...limits) : Math.max(...limits);
  return Math.max(current, limit);
}

/** The fewest replicas that the rules allow now, at most `current`. */
export function scaleDownLimit(
  current: number,
  memory: AutoscalerMemory,
  rules: HPAScalingRules,
  nowMs: number,
): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = policiesOf(rules).map((policy) => {
    const start = startOfPeriod(current, memory, policy, nowMs);
    return policy.type === 'Pods' ? start - policy.value : Math.trunc((start * (100 - policy.value)) / 100);
  });
  // The smaller change is the larger number that stays.
  const limit = rules.selectPolicy === 'Min' ? Math.max(...limits) : Math.min(...limits);
  return Math.min(current, limit);
}

/** The replicas there were at the start of the policy's period, had nobody but the autoscaler changed them. */
function startOfPeriod(current: number, memory: AutoscalerMemory, policy: HPAScalingPolicy, nowMs: number): number {
  const cutoff = nowMs - policy.periodSeconds * 1000;
  const changeOf = (events: readonly ScaleEvent[]): number =>
    events.reduce((sum, { at, change }) => (at > cutoff ? sum + change : sum), 0);
  return current - changeOf(memory.scaleUps) + changeOf(memory.scaleDowns);
}

function policiesOf({ policies }: HPAScalingRules): readonly HPAScalingPolicy[] {
  return policies && policies.length > 0 ? policies : [defaultPolicy];
}

/** How long scale events matter to the rules, milliseconds. */
export function longestPeriodMs(...rules: readonly (HPAScalingRules | undefined)[]): number {
  const periods = rules.flatMap((rule) => (rule ? policiesOf(rule) : [])).map(({ periodSeconds }) => periodSeconds);
  return 1000 * Math.max(0, ...periods);
}
