import type { FieldError } from '../../errors.ts';
import type { Container, Pod, ResourceRequirements } from '../../generated/types.ts';
import { semanticEqual } from '../../lib/semantic-equal.ts';
import { forbidden, invalidValue } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { qosClassOf } from './qos.ts';

const specPath = FieldPath.of('spec');
const resizable: readonly string[] = ['cpu', 'memory'];

/**
 * What a resize in place may do: change amounts of cpu and memory that are there or add them, as long as the pod stays
 * in its class of service. Containers are compared by position, which validation keeps.
 */
export function validateResourceChanges(next: Pod, previous: Pod, errors: FieldError[]): void {
  let hasChanged = false;
  for (const field of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (next.spec[field] ?? []).entries()) {
      const old = previous.spec[field]?.[index];
      if (!old || semanticEqual(container.resources, old.resources)) continue;
      hasChanged = true;
      const path = specPath.child(field).index(index).child('resources');
      if (field === 'initContainers' && old.restartPolicy !== 'Always') {
        errors.push(forbidden(path, 'resources for non-sidecar init containers are immutable'));
      } else {
        validateChange(container.resources ?? {}, old.resources ?? {}, path, errors);
      }
    }
  }
  if (!hasChanged) return;
  const qosClass = previous.status.qosClass ?? qosClassOf(previous.spec);
  if (qosClassOf(next.spec) !== qosClass) {
    errors.push(invalidValue(specPath, qosClass, 'Pod QOS Class may not change as a result of resizing'));
  }
}

function validateChange(
  next: ResourceRequirements,
  previous: ResourceRequirements,
  path: FieldPath,
  errors: FieldError[],
): void {
  for (const list of ['limits', 'requests'] as const) {
    const removed = resizable.some((name) => previous[list]?.[name] !== undefined && next[list]?.[name] === undefined);
    if (removed) errors.push(forbidden(path.child(list), `resource ${list} cannot be removed`));
  }
  if (semanticEqual(withoutResizable(next), withoutResizable(previous))) return;
  errors.push(forbidden(specPath, 'only cpu and memory resources are mutable'));
}

function withoutResizable({ limits, requests, claims }: ResourceRequirements): ResourceRequirements {
  const rest = (list: Record<string, string> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(list).filter(([name]) => !resizable.includes(name)));
  return { limits: rest(limits), requests: rest(requests), claims: claims ?? [] };
}

/** The containers with the resources (and where `policies`, the resize policies) that `from` has at their places. */
export function withResources(
  containers: readonly Container[],
  from: readonly Container[] | undefined,
  policies = false,
): Container[] {
  return containers.map((container, index) => {
    const source = from?.[index];
    if (source?.name !== container.name) return container;
    const { resources: _, ...rest } = container;
    const copy: Container = { ...rest, ...(source.resources ? { resources: source.resources } : {}) };
    if (policies && source.resizePolicy) copy.resizePolicy = source.resizePolicy;
    return copy;
  });
}
