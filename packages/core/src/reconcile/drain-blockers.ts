import { compileLabelSelector, keyOf, type Pod, type PodDisruptionBudget } from '@gantry/api-types';
import { letsUnhealthyGo, moreThanOneBudget, needsNoBudget, refusalOf } from './eviction.ts';
import { controllerOf } from './owner-references.ts';
import { isPodTerminal } from './pod-state.ts';

/**
 * What keeps a pod on the node that is to be drained.
 * - `NoController`: nobody makes it anew elsewhere; `kubectl drain` wants `--force`.
 * - `LocalData`: its emptyDir volumes would be lost; `kubectl drain` wants `--delete-emptydir-data`.
 * - `DisruptionBudget`: its budget allows no further eviction for now; the drain waits.
 * - `ManyBudgets`: it has more than one budget, so that it cannot be evicted at all.
 */
export type DrainBlockerReason = 'NoController' | 'LocalData' | 'DisruptionBudget' | 'ManyBudgets';

export interface DrainBlocker {
  /** `namespace/name` of the pod. */
  readonly pod: string;
  readonly reason: DrainBlockerReason;
  /** A sentence for people. */
  readonly message: string;
  /** The name of the budget, for `DisruptionBudget`. */
  readonly budget?: string;
}

export interface DrainInput {
  /** All pods that are bound to the node. */
  readonly pods: readonly Pod[];
  /** The budgets of the pods' namespaces; others do no harm. */
  readonly budgets: readonly PodDisruptionBudget[];
}

/** Whether a drain leaves the pod where it is: it has ended, is going, or belongs to the node. */
export function isLeftByDrain(pod: Pod): boolean {
  const isDaemon = controllerOf(pod)?.kind === 'DaemonSet';
  const isMirror = pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  return isDaemon || isMirror || isPodTerminal(pod) || pod.metadata.deletionTimestamp !== undefined;
}

/**
 * What blocks draining a node now, pod by pod, as the eviction API and `kubectl drain` would say. Pure. A budget that
 * still allows some evictions blocks the pods beyond them, in the order of their names.
 */
export function findDrainBlockers({ pods, budgets }: DrainInput): readonly DrainBlocker[] {
  const selected = budgets.map((budget) => ({ budget, selector: compileLabelSelector(budget.spec.selector) }));
  const left = new Map(budgets.map((budget) => [budget, budget.status.disruptionsAllowed]));
  const blockers: DrainBlocker[] = [];
  const byName = pods.filter((pod) => !isLeftByDrain(pod)).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  for (const pod of byName) {
    const add = (reason: DrainBlockerReason, message: string, budget?: string) =>
      blockers.push({ pod: keyOf(pod), reason, message, ...(budget === undefined ? {} : { budget }) });
    if (!controllerOf(pod)) add('NoController', 'it has no controller: nothing would start it again elsewhere');
    const emptyDirs = (pod.spec.volumes ?? []).filter(({ emptyDir }) => emptyDir);
    if (emptyDirs.length > 0) {
      add(
        'LocalData',
        `what is in its emptyDir volumes would be lost: ${emptyDirs.map(({ name }) => name).join(', ')}`,
      );
    }
    if (needsNoBudget(pod)) continue;
    const own = selected.filter(
      ({ budget, selector }) =>
        budget.metadata.namespace === pod.metadata.namespace && selector.matches(pod.metadata.labels ?? {}),
    );
    if (own.length > 1) add('ManyBudgets', moreThanOneBudget().message);
    const budget = own.length === 1 ? own[0]?.budget : undefined;
    if (!budget || letsUnhealthyGo(budget, pod)) continue;
    const disruptionsAllowed = left.get(budget) ?? 0;
    const refusal = refusalOf({ ...budget, status: { ...budget.status, disruptionsAllowed } });
    if (!refusal) left.set(budget, disruptionsAllowed - 1);
    else {
      const cause = refusal.details?.causes?.[0]?.message ?? refusal.message;
      const isSpent = budget.status.disruptionsAllowed > 0;
      const allowed = `The disruption budget ${budget.metadata.name} allows ${budget.status.disruptionsAllowed} evictions now, which other pods of the node take`;
      add('DisruptionBudget', isSpent ? allowed : cause, budget.metadata.name);
    }
  }
  return blockers;
}
