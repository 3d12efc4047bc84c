import type { ControllerRevision } from '@gantry/api-types';
import type { FeedPod } from '@gantry/api-types/feed';
import type { Revision } from './revisions.ts';
import { templateDiff } from './template-diff.ts';

const hashLabel = 'controller-revision-hash';

/** A StatefulSet or DaemonSet with its pods. */
export interface RevisionedSet {
  readonly name: string;
  readonly uid: string;
  readonly pods: readonly FeedPod[];
}

/** The revisions of a StatefulSet or DaemonSet, newest first. Pure. */
export function setRevisionsOf(set: RevisionedSet, revisions: readonly ControllerRevision[]): Revision[] {
  const own = ownRevisions(set, revisions);
  return own
    .map((one, index): Revision => {
      const { name, creationTimestamp, annotations } = one.metadata;
      const before = own[index - 1];
      const pods = set.pods.filter((pod) => isOfRevision(set, pod, name));
      return {
        number: one.revision,
        name,
        createdAt: creationTimestamp,
        images: (templateOf(one)?.spec?.containers ?? []).map(({ image }) => image ?? ''),
        changeCause: annotations?.['kubernetes.io/change-cause'],
        changes: before ? templateDiff(templateOf(before), templateOf(one)) : [],
        isCurrent: index === own.length - 1,
        replicas: pods.length,
        readyReplicas: pods.filter(({ isReady }) => isReady).length,
      };
    })
    .reverse();
}

/**
 * The strategic merge patch by which `kubectl rollout undo --to-revision` brings a revision's template back: the revision
 * is that patch. Undefined where there is no such revision.
 */
export function undoPatch(
  set: Pick<RevisionedSet, 'uid'>,
  revisions: readonly ControllerRevision[],
  number: number,
): object | undefined {
  return ownRevisions(set, revisions).find(({ revision }) => revision === number)?.data as object | undefined;
}

/** Oldest first. */
function ownRevisions(
  { uid }: Pick<RevisionedSet, 'uid'>,
  revisions: readonly ControllerRevision[],
): readonly ControllerRevision[] {
  return revisions
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid))
    .toSorted((a, b) => a.revision - b.revision);
}

interface KeptTemplate {
  readonly metadata?: object;
  readonly spec?: { readonly containers?: readonly { readonly image?: string }[] };
}

function templateOf({ data }: ControllerRevision): KeptTemplate | undefined {
  const { $patch: _, ...template } =
    (data as { spec?: { template?: KeptTemplate & { $patch?: string } } })?.spec?.template ?? {};
  return template;
}

/** Pods of a StatefulSet carry the revision's name, those of a DaemonSet its hash, which is the end of that. */
function isOfRevision(set: RevisionedSet, pod: FeedPod, revisionName: string): boolean {
  const label = pod.labels?.[hashLabel];
  return label !== undefined && (label === revisionName || `${set.name}-${label}` === revisionName);
}
