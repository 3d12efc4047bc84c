import type { KubernetesObject, Namespace, NamespaceCondition } from '@gantry/api-types';
import { formatTime } from '../lib/timestamp.ts';

/** The content of a namespace of one resource. */
export interface NamespaceContent {
  /** As kubectl spells it: `pods`, `deployments.apps`. */
  readonly resource: string;
  readonly objects: readonly KubernetesObject[];
}

export interface NamespacePlan {
  /** What to delete now. Pods go first: they may need the rest of the namespace to end well. */
  readonly deletions: readonly NamespaceContent[];
  readonly conditions: readonly NamespaceCondition[];
  /** True once nothing is left: `spec.finalizers` may be emptied. */
  readonly isEmpty: boolean;
}

/** The next step in emptying a namespace that is being deleted. Pure. */
export function planNamespaceDeletion(
  namespace: Namespace,
  content: readonly NamespaceContent[],
  nowMs: number,
): NamespacePlan {
  const remaining = content.filter(({ objects }) => objects.length > 0);
  const pods = remaining.filter(({ resource }) => resource === 'pods');
  const wave = pods.length > 0 ? pods : remaining;
  const deletions = wave.map(({ resource, objects }) => ({
    resource,
    objects: objects.filter((object) => object.metadata.deletionTimestamp === undefined),
  }));
  return {
    deletions: deletions.filter(({ objects }) => objects.length > 0),
    conditions: planConditions(namespace.status?.conditions ?? [], remaining, formatTime(nowMs)),
    isEmpty: remaining.length === 0,
  };
}

function planConditions(
  present: readonly NamespaceCondition[],
  remaining: readonly NamespaceContent[],
  at: string,
): readonly NamespaceCondition[] {
  const finalizers = countFinalizers(remaining);
  const wanted: NamespaceCondition[] = [
    condition('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    condition(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    condition(
      'NamespaceDeletionContentFailure',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    remaining.length > 0
      ? { ...condition('NamespaceContentRemaining', 'SomeResourcesRemain', remainingText(remaining)), status: 'True' }
      : condition('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'),
    finalizers.length > 0
      ? {
          ...condition(
            'NamespaceFinalizersRemaining',
            'SomeFinalizersRemain',
            `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}`,
          ),
          status: 'True',
        }
      : condition(
          'NamespaceFinalizersRemaining',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ),
  ];
  return wanted.map((next) => {
    const before = present.find(({ type }) => type === next.type);
    const lastTransitionTime = before?.status === next.status ? (before.lastTransitionTime ?? at) : at;
    return { ...next, lastTransitionTime };
  });
}

function condition(type: string, reason: string, message: string): NamespaceCondition {
  return { type, status: 'False', reason, message };
}

function remainingText(remaining: readonly NamespaceContent[]): string {
  const texts = remaining.map(({ resource, objects }) => {
    // Kubernetes writes `resource.group`, with nothing after the dot for the core group.
    const name = resource.includes('.') ? resource : `${resource}.`;
    return `${name} has ${objects.length} resource instances`;
  });
  return `Some resources are remaining: ${texts.sort(compareText).join(', ')}`;
}

function countFinalizers(remaining: readonly NamespaceContent[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { objects } of remaining) {
    for (const object of objects) {
      for (const finalizer of object.metadata.finalizers ?? []) {
        counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
      }
    }
  }
  return [...counts].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort(compareText);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
