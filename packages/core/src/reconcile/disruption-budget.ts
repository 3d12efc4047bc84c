import type { Condition, OwnerReference, Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from '@gantry/api-types';
import { formatTime, parseTime } from '../lib/timestamp.ts';
import { controllerOf } from './owner-references.ts';
import { isPodReady } from './pod-state.ts';
import { resolveIntOrPercent } from './rollout-limits.ts';

/** A pod whose eviction was granted is expected to be gone within this time; then it counts again. */
export const disruptionTimeoutMs = 2 * 60_000;
const disruptionAllowed = 'DisruptionAllowed';

/** How many pods a controller wants, by its scale; `problem` says why that cannot be told. */
export type ControllerScale =
  | { readonly uid: string; readonly replicas: number }
  | { readonly problem: string }
  /** Nothing of that name and uid is there. */
  | undefined;

export interface BudgetInput {
  readonly budget: PodDisruptionBudget;
  /** The pods that the budget's selector matches. */
  readonly pods: readonly Pod[];
  readonly scaleOf: (controller: OwnerReference) => ControllerScale;
  readonly nowMs: number;
}

export interface BudgetEvent {
  readonly about: 'budget' | Pod;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface BudgetPlan {
  readonly status: PodDisruptionBudgetStatus;
  readonly events: readonly BudgetEvent[];
  /** When a disrupted pod that is still there counts again. */
  readonly recheckAfterMs: number | undefined;
}

/**
 * What the status of a budget says about the pods as they are. Pure. Percentages, and `maxUnavailable` at all, are of
 * what the pods' controllers want; where that cannot be told nothing may be disrupted, and the condition says why.
 */
export function planDisruptionBudget(input: BudgetInput): BudgetPlan {
  const { budget, pods, nowMs } = input;
  const events: BudgetEvent[] = [];
  const say = (event: Omit<BudgetEvent, 'about'>) => events.push({ about: 'budget', ...event });
  if (pods.length === 0) say({ type: 'Normal', reason: 'NoPods', message: 'No matching pods found' });
  const demand = findDemand(input);
  if ('problem' in demand) {
    const message = `Failed to calculate the number of expected pods: ${demand.problem}`;
    say({ type: 'Warning', reason: 'CalculateExpectedPodCountFailed', message });
    return { status: failSafe(budget, demand.problem, nowMs), events, recheckAfterMs: undefined };
  }
  if (demand.hasUnmanaged) say(unmanagedPods);
  const disrupted = findDisrupted(input);
  for (const pod of disrupted.overdue) {
    const key = `${budget.metadata.namespace}/${budget.metadata.name}`;
    const message = `Pod was expected by PDB ${key} to be deleted but it wasn't`;
    events.push({ about: pod, type: 'Warning', reason: 'NotDeleted', message });
  }
  const currentHealthy = pods.filter(
    (pod) => !pod.metadata.deletionTimestamp && !(pod.metadata.name in disrupted.pods) && isPodReady(pod),
  ).length;
  const { expectedPods, desiredHealthy } = demand;
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const status: PodDisruptionBudgetStatus = {
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(disrupted.pods).length > 0 ? { disruptedPods: disrupted.pods } : {}),
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
  };
  const conditions = withAllowance(budget, disruptionsAllowed, nowMs);
  return { status: { ...status, conditions }, events, recheckAfterMs: disrupted.recheckAfterMs };
}

const unmanagedPods = {
  type: 'Warning',
  reason: 'UnmanagedPods',
  message:
    'Some of the selected pods have no controller, so that the status of the budget cannot count them: set spec.minAvailable to a whole number',
} as const;

type Demand =
  | { readonly expectedPods: number; readonly desiredHealthy: number; readonly hasUnmanaged: boolean }
  | { readonly problem: string };

function findDemand(input: BudgetInput): Demand {
  const { minAvailable, maxUnavailable } = input.budget.spec;
  if (maxUnavailable === undefined && minAvailable === undefined) {
    return { expectedPods: 0, desiredHealthy: 0, hasUnmanaged: false };
  }
  if (maxUnavailable === undefined && typeof minAvailable === 'number') {
    return { expectedPods: input.pods.length, desiredHealthy: minAvailable, hasUnmanaged: false };
  }
  const scale = findExpectedScale(input);
  if ('problem' in scale) return scale;
  const { expectedPods } = scale;
  const desiredHealthy =
    maxUnavailable === undefined
      ? resolveIntOrPercent(minAvailable, expectedPods, 'up')
      : Math.max(0, expectedPods - resolveIntOrPercent(maxUnavailable, expectedPods, 'up'));
  return { ...scale, desiredHealthy };
}

/** The sum of what the pods' controllers want, each counted once. */
function findExpectedScale(
  input: BudgetInput,
): { readonly expectedPods: number; readonly hasUnmanaged: boolean } | { readonly problem: string } {
  const seen = new Set<string>();
  const scales = new Map<string, number>();
  let hasUnmanaged = false;
  for (const pod of input.pods) {
    const controller = controllerOf(pod);
    if (!controller) {
      hasUnmanaged = true;
      continue;
    }
    if (seen.has(controller.uid)) continue;
    seen.add(controller.uid);
    const scale = input.scaleOf(controller);
    if (!scale) return { problem: `found no controllers for pod "${pod.metadata.name}"` };
    if ('problem' in scale) return scale;
    scales.set(scale.uid, scale.replicas);
  }
  return { expectedPods: [...scales.values()].reduce((sum, replicas) => sum + replicas, 0), hasUnmanaged };
}

/** The granted evictions of pods that are still there, not being deleted, and not overdue. */
function findDisrupted({ budget, pods, nowMs }: BudgetInput): {
  readonly pods: Record<string, string>;
  readonly overdue: readonly Pod[];
  readonly recheckAfterMs: number | undefined;
} {
  const kept: Record<string, string> = {};
  const overdue: Pod[] = [];
  let next = Number.POSITIVE_INFINITY;
  for (const pod of pods) {
    const granted = budget.status.disruptedPods?.[pod.metadata.name];
    if (granted === undefined || pod.metadata.deletionTimestamp) continue;
    const expectedMs = (parseTime(granted) ?? 0) + disruptionTimeoutMs;
    if (expectedMs <= nowMs) {
      overdue.push(pod);
      continue;
    }
    kept[pod.metadata.name] = granted;
    next = Math.min(next, expectedMs);
  }
  return { pods: kept, overdue, recheckAfterMs: next === Number.POSITIVE_INFINITY ? undefined : next - nowMs };
}

/** Numbers of an earlier look may be wrong by now: nothing is allowed until the cause is gone. */
function failSafe(budget: PodDisruptionBudget, problem: string, nowMs: number): PodDisruptionBudgetStatus {
  const condition = { status: 'False', reason: 'SyncFailed', message: problem };
  return {
    ...budget.status,
    disruptionsAllowed: 0,
    observedGeneration: budget.metadata.generation ?? 0,
    conditions: withCondition(budget, condition, nowMs),
  };
}

/** The budget's conditions when so many disruptions are allowed. */
export function withAllowance(budget: PodDisruptionBudget, disruptionsAllowed: number, nowMs: number): Condition[] {
  const condition =
    disruptionsAllowed > 0
      ? { status: 'True', reason: 'SufficientPods', message: '' }
      : { status: 'False', reason: 'InsufficientPods', message: '' };
  return withCondition(budget, condition, nowMs);
}

function withCondition(
  { metadata, status }: PodDisruptionBudget,
  condition: Pick<Condition, 'status' | 'reason' | 'message'>,
  nowMs: number,
): Condition[] {
  const before = status.conditions?.find(({ type }) => type === disruptionAllowed);
  const lastTransitionTime =
    before && before.status === condition.status ? before.lastTransitionTime : formatTime(nowMs);
  const others = (status.conditions ?? []).filter(({ type }) => type !== disruptionAllowed);
  return [
    ...others,
    { type: disruptionAllowed, ...condition, observedGeneration: metadata.generation ?? 0, lastTransitionTime },
  ];
}
