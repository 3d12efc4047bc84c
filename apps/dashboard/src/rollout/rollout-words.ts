import type { FeedWorkload } from '@gantry/api-types/feed';

/** How far a rollout is: `Revision 5 rolls out: 12 of 60 pods updated, 55 available.` */
export function rolloutWords(workload: FeedWorkload): string {
  const { revision = '?', replicas, updatedReplicas = 0, availableReplicas, currentReplicas, partition = 0 } = workload;
  const progressing = workload.conditions.find(({ type }) => type === 'Progressing');
  if (workload.paused) return `Revision ${revision} is paused: changes are not rolled out.`;
  if (progressing?.status === 'False')
    return `Revision ${revision} is stuck: ${progressing.message ?? progressing.reason}`;
  if (workload.isOnDelete && updatedReplicas < replicas)
    return `Revision ${revision} has ${updatedReplicas} of ${replicas} pods: the others get it once they are deleted (OnDelete).`;
  const due = Math.max(0, replicas - partition);
  const isComplete = updatedReplicas >= due && availableReplicas >= replicas && currentReplicas <= replicas;
  if (!isComplete)
    return `Revision ${revision} rolls out: ${updatedReplicas} of ${due} pods updated, ${availableReplicas} available.`;
  if (partition > 0 && replicas > 0)
    return `Revision ${revision} is rolled out to ${due} of ${replicas} pods: those below ordinal ${partition} keep the former one (partition).`;
  return `Revision ${revision} is rolled out: ${replicas} of ${replicas} pods.`;
}

/** What a restart would do. */
export function restartWords({ key, kind, replicas, isOnDelete }: FeedWorkload): string {
  const name = key.slice(key.lastIndexOf('/') + 1);
  if (isOnDelete) return `Gives ${name} a new revision, which its pods get once somebody deletes them (OnDelete).`;
  const order = kind === 'StatefulSet' ? 'from the highest ordinal down' : 'as its strategy allows';
  return `Replaces all ${replicas} pods of ${name}, ${order}.`;
}
