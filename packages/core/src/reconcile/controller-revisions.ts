import type { ControllerRevision, KubernetesObject, NewObject, PodTemplateSpec } from '@gantry/api-types';
import { isSemanticallyEqual } from '../lib/deep-equal.ts';
import { parseTime } from '../lib/timestamp.ts';
import { controllerOf, controllerReference } from './owner-references.ts';
import { podTemplateHash } from './pod-template-hash.ts';

/** On the pods of DaemonSets and StatefulSets: which revision of the template they were made from. */
export const controllerRevisionHashLabel = 'controller-revision-hash';

/** A StatefulSet or a DaemonSet: what keeps its former templates as ControllerRevisions. */
export interface RevisionedObject extends KubernetesObject {
  readonly spec: { readonly template: PodTemplateSpec; readonly revisionHistoryLimit?: number };
  readonly status?: { readonly collisionCount?: number };
}

/** What makes the newest revision the one of the present template. */
export type RevisionStep =
  | { readonly type: 'none' }
  /** A taken name means a hash collision, unless the one that has it is the owner's own: see `isSameRevision`. */
  | { readonly type: 'create'; readonly revision: NewObject<ControllerRevision> }
  /** Back to a former template: its revision becomes the newest. */
  | { readonly type: 'renumber'; readonly revision: ControllerRevision; readonly to: number };

export interface RevisionPlan {
  readonly step: RevisionStep;
  /** The revision of the present template: its name. */
  readonly updateName: string;
}

/** Oldest first: by revision number, then by age. */
export function sortRevisions(revisions: readonly ControllerRevision[]): readonly ControllerRevision[] {
  return revisions.toSorted(
    (a, b) =>
      a.revision - b.revision ||
      (parseTime(a.metadata.creationTimestamp) ?? 0) - (parseTime(b.metadata.creationTimestamp) ?? 0) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );
}

/** Finds or makes the revision of the owner's template among its own `revisions`. `labels` go on a new one. Pure. */
export function planRevision(
  owner: RevisionedObject,
  revisions: readonly ControllerRevision[],
  labels: (hash: string) => Readonly<Record<string, string>>,
): RevisionPlan {
  const sorted = sortRevisions(revisions);
  const newest = sorted.at(-1);
  const number = (newest?.revision ?? 0) + 1;
  const equal = sorted.findLast((revision) => isTemplateOf(owner, revision));
  if (!equal) {
    const revision = newRevision(owner, number, labels);
    return { step: { type: 'create', revision }, updateName: revision.metadata.name ?? '' };
  }
  const updateName = equal.metadata.name;
  if (equal === newest) return { step: { type: 'none' }, updateName };
  return { step: { type: 'renumber', revision: equal, to: number }, updateName };
}

/** Whether the revision that has the wanted name holds the owner's present template: a cache had not shown it yet. */
export function isSameRevision(owner: RevisionedObject, found: ControllerRevision): boolean {
  return controllerOf(found)?.uid === owner.metadata.uid && isTemplateOf(owner, found);
}

/**
 * Revisions beyond `revisionHistoryLimit` that no pod was made from, oldest first. `live` are the names in use: those of
 * pods, the current and the update revision; they are not counted.
 */
export function planRevisionCleanup(
  owner: RevisionedObject,
  revisions: readonly ControllerRevision[],
  live: ReadonlySet<string>,
): readonly ControllerRevision[] {
  const history = sortRevisions(revisions).filter(({ metadata }) => !live.has(metadata.name));
  const excess = history.length - (owner.spec.revisionHistoryLimit ?? 10);
  return excess > 0 ? history.slice(0, excess) : [];
}

/** The pod template that a revision keeps. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec | undefined {
  const { spec } = (revision.data ?? {}) as { spec?: { template?: PodTemplateSpec & { $patch?: string } } };
  if (!spec?.template) return undefined;
  const { $patch: _, ...template } = spec.template;
  return template;
}

function isTemplateOf(owner: RevisionedObject, revision: ControllerRevision): boolean {
  return isSemanticallyEqual(templateOf(revision), owner.spec.template);
}

/** `data` is the strategic merge patch by which `kubectl rollout undo` brings the template back. */
function newRevision(
  owner: RevisionedObject,
  number: number,
  labels: (hash: string) => Readonly<Record<string, string>>,
): NewObject<ControllerRevision> {
  const hash = podTemplateHash(owner.spec.template, owner.status?.collisionCount ?? 0);
  const { name, namespace, annotations } = owner.metadata;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...kept } = annotations ?? {};
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...owner.spec.template.metadata?.labels, ...labels(hash) },
      ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    data: { spec: { template: { ...structuredClone(owner.spec.template), $patch: 'replace' } } },
    revision: number,
  };
}
