import type { Deployment, ReplicaSet } from '@gantry/api-types';
import { parseTime } from '../lib/timestamp.ts';
import { areTemplatesEqual } from './pod-template-hash.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';

/** Annotations that say something about the one object they are on. */
const notCopied: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
]);

/** As upstream: a Deployment rolled back and forth for years must not outgrow the size of an annotation. */
const maxHistoryChars = 2000;

/** The revision stamped on a ReplicaSet or Deployment, 0 where there is none. */
export function revisionOf(object: { metadata: { annotations?: Record<string, string> } }): number {
  return integerAnnotation(object, revisionAnnotation) ?? 0;
}

/** An annotation's value as an integer; undefined where it is absent or something else. */
export function integerAnnotation(
  object: { metadata: { annotations?: Record<string, string> } },
  name: string,
): number | undefined {
  const text = object.metadata.annotations?.[name];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Oldest first; those made in the same second by name, so that the order never wavers. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const difference = (parseTime(a.metadata.creationTimestamp) ?? 0) - (parseTime(b.metadata.creationTimestamp) ?? 0);
  return difference || (a.metadata.name < b.metadata.name ? -1 : 1);
}

/** The ReplicaSet of the Deployment's present template: the oldest with an equal one. A rollback finds its old one here. */
export function findNewReplicaSet(deployment: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return [...replicaSets]
    .sort(byCreation)
    .find((replicaSet) => areTemplatesEqual(replicaSet.spec.template, deployment.spec.template));
}

/**
 * The annotations of the new ReplicaSet: the Deployment's own, and `revision`, which never goes back. A ReplicaSet that
 * is used anew gets the next revision and keeps its former ones in `revision-history`.
 */
export function newReplicaSetAnnotations(
  deployment: Deployment,
  present: Readonly<Record<string, string>>,
  revision: number,
): Record<string, string> {
  const annotations = { ...present };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notCopied.has(key)) annotations[key] = value;
  }
  const before = present[revisionAnnotation];
  if (Number(before ?? 0) >= revision) return annotations;
  annotations[revisionAnnotation] = String(revision);
  if (before !== undefined) {
    const history = [...(present[revisionHistoryAnnotation]?.split(',') ?? []), before];
    while (history.join(',').length > maxHistoryChars) history.shift();
    annotations[revisionHistoryAnnotation] = history.join(',');
  }
  return annotations;
}

/** Old ReplicaSets beyond `revisionHistoryLimit` that hold no pods, lowest revision first. */
export function planHistoryCleanup(deployment: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const living = old.filter((replicaSet) => replicaSet.metadata.deletionTimestamp === undefined);
  const excess = living.length - limit;
  if (excess <= 0) return [];
  const oldest = living.sort((a, b) => revisionOf(a) - revisionOf(b) || byCreation(a, b)).slice(0, excess);
  return oldest.filter(
    ({ metadata, spec, status }) =>
      (status?.replicas ?? 0) === 0 &&
      spec.replicas === 0 &&
      (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0),
  );
}
