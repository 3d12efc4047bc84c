import type { DaemonSetStatus } from '@gantry/api-types';
import { omitZeros } from '../lib/omit-zeros.ts';
import { createEligibility } from './daemon-eligibility.ts';
import type { DaemonSetObservation } from './daemon-set.ts';
import { daemonsByNode, isDaemonAvailable, isUpToDate } from './daemon-state.ts';
import { isPodReady, podAvailableAt } from './pod-state.ts';

export interface DaemonSetStatusPlan {
  readonly status: DaemonSetStatus;
  /** When the next ready pod becomes available by `minReadySeconds`, in milliseconds from now. */
  readonly recheckAfterMs: number | undefined;
}

/** The status that the DaemonSet's pods on the cluster's nodes amount to. Of several on one node the oldest counts. Pure. */
export function planDaemonSetStatus(observation: Omit<DaemonSetObservation, 'mayReplace'>): DaemonSetStatusPlan {
  const { daemonSet, nodes, pods, hash, nowMs } = observation;
  const eligibilityOf = createEligibility(daemonSet);
  const byNode = daemonsByNode(pods);
  const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  let nextAvailableAt = Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    const present = byNode.get(node.metadata.name) ?? [];
    const [oldest] = present;
    const { shouldRun } = eligibilityOf(node);
    if (!shouldRun && oldest) counts.misscheduled += 1;
    if (shouldRun) counts.desired += 1;
    if (!shouldRun || !oldest) continue;
    counts.current += 1;
    if (isUpToDate(oldest, hash)) counts.updated += 1;
    const waiting = present.filter((pod) => isPodReady(pod) && !isDaemonAvailable(daemonSet, pod, nowMs));
    for (const pod of waiting) {
      nextAvailableAt = Math.min(nextAvailableAt, podAvailableAt(pod, daemonSet.spec.minReadySeconds ?? 0) ?? nowMs);
    }
    if (!isPodReady(oldest)) continue;
    counts.ready += 1;
    if (isDaemonAvailable(daemonSet, oldest, nowMs)) counts.available += 1;
  }
  const { collisionCount, conditions } = daemonSet.status ?? {};
  const status: DaemonSetStatus = {
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    ...omitZeros({
      observedGeneration: daemonSet.metadata.generation ?? 0,
      updatedNumberScheduled: counts.updated,
      numberAvailable: counts.available,
      numberUnavailable: counts.desired - counts.available,
    }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions ? { conditions } : {}),
  };
  const recheckAfterMs = nextAvailableAt === Number.POSITIVE_INFINITY ? undefined : nextAvailableAt - nowMs;
  return { status, recheckAfterMs };
}
