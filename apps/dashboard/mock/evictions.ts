import {
  ApiError,
  type KubernetesObject,
  matchesLabelSelector,
  type Pod,
  type PodDisruptionBudget,
} from '@gantry/api-types';
import { kinds } from '@gantry/api-types/kinds';
import { planDisruptionBudget } from '@gantry/core/reconcile/disruption-budget';
import { letsUnhealthyGo, moreThanOneBudget, needsNoBudget, refusalOf } from '@gantry/core/reconcile/eviction';
import type { MockFleet } from './fleet.ts';
import type { MockObjects, MockTarget } from './mock-objects.ts';

/** A budget with the status that the real controller would give it: what the fleet's pods allow now. */
export function withBudgetStatus(objects: MockObjects, fleet: MockFleet, object: KubernetesObject): KubernetesObject {
  const budget = object as unknown as PodDisruptionBudget;
  const { status } = planDisruptionBudget({
    budget,
    pods: listOf<Pod>(objects, 'pods').filter((pod) => isSelected(budget, pod)),
    scaleOf: ({ uid }) => {
      const workload = [...fleet.workloads.values()].find((w) => w.uid === uid || uid.startsWith(`${w.uid}-rs`));
      return workload && { uid, replicas: workload.replicas };
    },
    nowMs: fleet.now,
  });
  return { ...object, status: { ...status, observedGeneration: budget.metadata.generation ?? 0 } } as KubernetesObject;
}

/** POST of pods/eviction: as the real API answers it, one budget asked. */
export function evictPod(objects: MockObjects, fleet: MockFleet, target: MockTarget): object {
  const pod = objects.get({ ...target }) as unknown as Pod;
  const budgets = listOf<KubernetesObject>(objects, 'poddisruptionbudgets')
    .map((budget) => withBudgetStatus(objects, fleet, budget) as unknown as PodDisruptionBudget)
    .filter((budget) => isSelected(budget, pod));
  const [budget] = budgets;
  if (budget && !needsNoBudget(pod)) {
    if (budgets.length > 1) throw moreThanOneBudget();
    const refusal = letsUnhealthyGo(budget, pod) ? undefined : refusalOf(budget);
    if (refusal) throw refusal;
  }
  if (!fleet.deletePod(`${target.namespace}/${target.name}`))
    throw new ApiError('NotFound', `pods "${target.name}" not found`);
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}

function isSelected(budget: PodDisruptionBudget, pod: Pod): boolean {
  return (
    budget.metadata.namespace === pod.metadata.namespace &&
    matchesLabelSelector(budget.spec.selector, pod.metadata.labels)
  );
}

function listOf<T>(objects: MockObjects, plural: string): T[] {
  const definition = kinds.find((kind) => kind.plural === plural);
  return definition ? (objects.list({ definition }) as unknown as T[]) : [];
}
