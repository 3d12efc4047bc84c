import type { Pod, PodCondition } from '@gantry/api-types';
import type { PodState } from '../pod/pod-state.ts';
import type { ResourceFacts } from '../pod/resources.ts';
import { allocationKey, desiredAllocation } from './allocation.ts';
import { pendingChanges } from './plan-resize.ts';

/** Conditions that a pod has only while they hold. */
export const resizeConditionTypes: readonly string[] = ['PodResizePending', 'PodResizeInProgress'];

export interface ResizeConditionsInput {
  readonly pod: Pod;
  readonly state: PodState;
  readonly resourceFacts: ResourceFacts;
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

/** Where a resize of the pod stands: not granted by the node, or granted and not in force yet. Pure. */
export function resizeConditions({ pod, state, resourceFacts }: ResizeConditionsInput): [string, Verdict][] {
  if (state.ended) return [];
  const { refusal, error } = state.resize;
  const desired = allocationKey(desiredAllocation(pod));
  const conditions: [string, Verdict][] = [];
  if (refusal?.key === desired && desired !== allocationKey(state.allocation)) {
    conditions.push(['PodResizePending', { status: 'True', reason: refusal.reason, message: refusal.message }]);
  }
  if (pendingChanges(pod, state, resourceFacts).length > 0) {
    const problem = error ? { reason: 'Error', message: error.message } : {};
    conditions.push(['PodResizeInProgress', { status: 'True', ...problem }]);
  }
  return conditions;
}
