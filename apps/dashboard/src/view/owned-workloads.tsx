import type { FeedWorkload } from '@gantry/api-types/feed';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { nameOf, namespaceOf } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { objectPath } from '../state/selection.ts';
import { standingOf } from '../state/workload-standing.ts';
import { nsName } from './workload-list.tsx';

/** Revisions shown: those with pods, and a few to roll back to. */
const shownRevisions = 5;

export interface OwnedWorkloadsProps {
  readonly store: ClusterStore;
  readonly workload: FeedWorkload;
}

/** The Jobs of a CronJob, newest first; of a Deployment its ReplicaSets, where there are several. */
export function OwnedWorkloads({ store, workload }: OwnedWorkloadsProps): ReactNode {
  const isCronJob = workload.kind === 'CronJob';
  const owned = isCronJob ? jobsOf(store, workload) : revisionsOf(store, workload);
  if (owned.length < (isCronJob ? 1 : 2)) return null;
  const title = isCronJob ? 'Jobs' : 'Revisions';
  return (
    <section className="block" aria-label={title}>
      <h3>{title}</h3>
      <ul className="conditions">
        {owned.map((one) => (
          <li key={one.key}>
            <Link href={objectPath(one.kind, namespaceOf(nsName(one)), nameOf(one.key))}>
              {isCronJob ? nameOf(one.key) : `${one.revision ?? '?'}: ${nameOf(one.key)}`}
            </Link>
            <span className="condition-status">
              {isCronJob ? standingOf(one, 0).words : `${store.readyPodsOf(one)} of ${one.replicas} ready`}
            </span>
            <span className="muted">{one.images.join(', ')}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function jobsOf(store: ClusterStore, cronJob: FeedWorkload): FeedWorkload[] {
  return store.workloadsOf(cronJob).sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

function revisionsOf(store: ClusterStore, deployment: FeedWorkload): FeedWorkload[] {
  return store
    .workloadsOf(deployment)
    .sort((a, b) => Number(b.revision ?? 0) - Number(a.revision ?? 0))
    .filter((set, index) => index < shownRevisions || set.currentReplicas > 0);
}
