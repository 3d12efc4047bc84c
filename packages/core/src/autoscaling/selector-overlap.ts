import type { CompiledSelector, Pod } from '@gantry/api-types';

/** An autoscaler of the same namespace and what its target selects. */
export interface AutoscalerSelector {
  /** `namespace/name` */
  readonly key: string;
  readonly selector: CompiledSelector;
}

/**
 * The keys of all autoscalers that would scale by some of these pods, in order; `own` is among them. More than one is an
 * ambiguity: each would undo what the other does.
 */
export function autoscalersOfPods(
  own: AutoscalerSelector,
  pods: readonly Pod[],
  others: readonly AutoscalerSelector[],
): readonly string[] {
  const overlapping = others.filter(
    ({ key, selector }) =>
      key !== own.key &&
      !areDisjoint(own.selector, selector) &&
      pods.some(({ metadata }) => selector.matches(metadata.labels)),
  );
  return [own.key, ...overlapping.map(({ key }) => key)].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** True where both ask for one label with different values, as nearly all pairs do: then no pod need be looked at. */
function areDisjoint(a: CompiledSelector, b: CompiledSelector): boolean {
  return a.requirements.some(
    (one) =>
      one.operator === '=' &&
      b.requirements.some(
        (other) => other.operator === '=' && other.key === one.key && other.values[0] !== one.values[0],
      ),
  );
}
