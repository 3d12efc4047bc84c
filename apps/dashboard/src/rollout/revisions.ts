import type { Deployment, ReplicaSet } from '@gantry/api-types';
import { templateDiff } from './template-diff.ts';

const revisionKey = 'deployment.kubernetes.io/revision';
const changeCauseKey = 'kubernetes.io/change-cause';

/** Annotations that belong to one object alone: a rollback leaves the Deployment's own and takes none of the revision's. */
const notRolledBack = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionKey,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
]);

/** One state that a workload has been in. */
export interface Revision {
  readonly number: number;
  /** Of the ReplicaSet or ControllerRevision. */
  readonly name: string;
  /** RFC 3339: when the object that keeps it was first made. A rollback takes up an old one under a new number. */
  readonly createdAt: string;
  readonly images: readonly string[];
  /** The annotation `kubernetes.io/change-cause`: by whom, or by what. */
  readonly changeCause: string | undefined;
  /** What is different from the revision before, in words; empty for the first one that is known. */
  readonly changes: readonly string[];
  readonly isCurrent: boolean;
  readonly replicas: number;
  readonly readyReplicas: number;
}

/** The revisions of a Deployment, newest first. Pure. */
export function revisionsOf(deployment: Deployment, replicaSets: readonly ReplicaSet[]): Revision[] {
  const own = ownReplicaSets(deployment, replicaSets).toSorted((a, b) => revisionNumber(a) - revisionNumber(b));
  const current = own.at(-1);
  return own
    .map((set, index): Revision => {
      const before = own[index - 1];
      return {
        number: revisionNumber(set),
        name: set.metadata.name,
        createdAt: set.metadata.creationTimestamp,
        images: (set.spec.template?.spec?.containers ?? []).map(({ image }) => image ?? ''),
        changeCause: set.metadata.annotations?.[changeCauseKey],
        changes: before ? templateDiff(before.spec.template, set.spec.template) : [],
        isCurrent: set === current,
        replicas: set.spec.replicas ?? 0,
        readyReplicas: set.status.readyReplicas ?? 0,
      };
    })
    .reverse();
}

/**
 * The Deployment as `kubectl rollout undo --to-revision` makes it: the revision's template without its hash, and the
 * revision's annotations but for those that belong to one object alone. Undefined where there is no such revision.
 */
export function rolledBack(
  deployment: Deployment,
  replicaSets: readonly ReplicaSet[],
  revision: number,
): Deployment | undefined {
  const set = ownReplicaSets(deployment, replicaSets).find((one) => revisionNumber(one) === revision);
  const template = set?.spec.template;
  if (!set || !template) return undefined;
  const { 'pod-template-hash': _, ...labels } = template.metadata?.labels ?? {};
  const keep = (annotations: Readonly<Record<string, string>> | undefined, isOwn: boolean): [string, string][] =>
    Object.entries(annotations ?? {}).filter(([key]) => notRolledBack.has(key) === isOwn);
  const annotations = Object.fromEntries([
    ...keep(deployment.metadata.annotations, true),
    ...keep(set.metadata.annotations, false),
  ]);
  return {
    ...deployment,
    metadata: { ...deployment.metadata, annotations },
    spec: { ...deployment.spec, template: { ...template, metadata: { ...template.metadata, labels } } },
  };
}

function ownReplicaSets(deployment: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return replicaSets.filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === deployment.metadata.uid),
  );
}

function revisionNumber({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.[revisionKey] ?? 0);
}
