import type { Taint, Toleration } from '@gantry/api-types';
import type { FitClass } from './pod-classes.ts';
import { matchesAll, matchesTerm } from './requirements.ts';

/** Whether the node meets the pod's `nodeSelector` and required node affinity. */
export function matchesNodeAffinity(
  pod: FitClass,
  node: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
): boolean {
  if (!matchesAll(pod.nodeSelector, node.labels)) return false;
  return pod.requiredNodeTerms?.some((term) => matchesTerm(term, node.name, node.labels)) ?? true;
}

/** Whether the toleration covers the taint, by key, value and effect. */
export function tolerates({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return (!operator || operator === 'Equal') && Boolean(key) && (value ?? '') === (taint.value ?? '');
}

/** The node's first taint that keeps the pod away. */
export function findUntolerated(pod: FitClass, taints: readonly Taint[]): Taint | undefined {
  return taints.find(
    (taint) =>
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') &&
      !pod.tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}
