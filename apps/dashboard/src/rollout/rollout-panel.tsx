import type { FeedWorkload } from '@gantry/api-types/feed';
import { type ReactNode, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { failureWords } from '../api/refusal.ts';
import { formatSpan, namespaceOf } from '../format.ts';
import { useCluster } from '../state/hooks.ts';
import { objectPath } from '../state/selection.ts';
import { workloadKinds } from '../state/workload-kinds.ts';
import { Asking } from '../view/asking.tsx';
import { useAction } from '../view/use-action.ts';
import { nsName } from '../view/workload-list.tsx';
import type { Revision } from './revisions.ts';
import { fetchRevisions, restart, rollBack, setPaused } from './rollout-calls.ts';
import { restartWords, rolloutWords } from './rollout-words.ts';

/** The revisions of a Deployment, StatefulSet or DaemonSet: what each changed, when and why, how far the running one is, and the way back. */
export default function RolloutPanel({ workload }: { readonly workload: FeedWorkload }): ReactNode {
  const namespace = namespaceOf(nsName(workload));
  const { group, resource } = workloadKinds[workload.kind];
  const revisions = useRevisions(workload);
  const action = useAction({ verb: 'update', group, resource, namespace });
  return (
    <section id="rollout" tabIndex={-1} className="block rollout" aria-label="Rollout">
      <h3>Rollout</h3>
      <p data-rollout="">{rolloutWords(workload)}</p>
      {action.isAllowed && (
        <div className="rollout-buttons">
          {workload.kind === 'Deployment' && (
            <button
              id="rollout-pause"
              type="button"
              className="button"
              disabled={action.isBusy}
              onClick={() => action.run(() => setPaused(workload, !workload.paused))}
            >
              {workload.paused ? 'Resume' : 'Pause'}
            </button>
          )}
          <Asking
            id="rollout-restart"
            verb="Restart"
            effect={restartWords(workload)}
            isDisabled={action.isBusy || workload.paused === true}
            run={() => action.run(() => restart(workload, new Date()))}
          />
        </div>
      )}
      {action.error && (
        <p className="error" role="alert">
          {action.error}
        </p>
      )}
      {typeof revisions === 'string' ? (
        <p className="muted">{revisions}</p>
      ) : (
        <ol className="revisions">
          {revisions.map((revision) => (
            <RevisionRow
              key={revision.name}
              workload={workload}
              revision={revision}
              rollBack={
                action.isAllowed && !revision.isCurrent && !workload.paused
                  ? () => action.run(() => rollBack(workload, revision.number))
                  : undefined
              }
            />
          ))}
        </ol>
      )}
    </section>
  );
}

/** Changes with everything that the list shows: then it is read anew. */
function rolloutMark({ revision, images, paused, readyReplicas, updatedReplicas }: FeedWorkload): string {
  return [revision, images, paused, readyReplicas, updatedReplicas].join(' ');
}

function useRevisions(workload: FeedWorkload): readonly Revision[] | string {
  const store = useCluster('workloads');
  const { kind, key, uid } = workload;
  const mark = rolloutMark(workload);
  const [revisions, setRevisions] = useState<readonly Revision[] | string>('Reading the revisions…');
  useEffect(() => {
    let isCurrent = true;
    // The mark only makes the effect run again.
    void mark;
    fetchRevisions(store, { kind, key, uid }).then(
      (found) => isCurrent && setRevisions(found),
      (failure: unknown) => isCurrent && setRevisions(failureWords(failure)),
    );
    return () => {
      isCurrent = false;
    };
  }, [store, kind, key, uid, mark]);
  return revisions;
}

interface RevisionRowProps {
  readonly workload: FeedWorkload;
  readonly revision: Revision;
  readonly rollBack: (() => void) | undefined;
}

function RevisionRow({ workload, revision, rollBack: run }: RevisionRowProps): ReactNode {
  const store = useCluster('workloads');
  const age = store.serverNow(Date.now()) - Date.parse(revision.createdAt);
  return (
    <li data-revision={revision.number} aria-current={revision.isCurrent ? 'true' : undefined}>
      <p>
        <b>Revision {revision.number}</b>
        {revision.isCurrent && ' (current)'}{' '}
        {workload.kind === 'Deployment' ? (
          <Link href={objectPath('ReplicaSet', namespaceOf(nsName(workload)), revision.name)}>{revision.name}</Link>
        ) : (
          revision.name
        )}{' '}
        <span className="muted">
          {formatSpan(age)} ago, {revision.readyReplicas} of {revision.replicas} ready
        </span>
      </p>
      {revision.changeCause && <p>{revision.changeCause}</p>}
      {revision.changes.length > 0 ? (
        <ul className="revision-changes">
          {revision.changes.map((change) => (
            <li key={change}>{change}</li>
          ))}
        </ul>
      ) : (
        <p className="muted">{revision.images.join(', ')}</p>
      )}
      {run && (
        <Asking
          verb={`Roll back to revision ${revision.number}`}
          effect={`Makes ${revision.images.join(', ')} and the rest of revision ${revision.number} the template again.`}
          isDisabled={false}
          run={run}
        />
      )}
    </li>
  );
}
