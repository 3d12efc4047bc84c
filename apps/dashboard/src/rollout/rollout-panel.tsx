import type { FeedWorkload } from '@gantry/api-types/feed';
import { type ReactNode, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { failureWords } from '../api/refusal.ts';
import { formatSpan, nameOf, namespaceOf } from '../format.ts';
import { useCluster } from '../state/hooks.ts';
import { objectPath } from '../state/selection.ts';
import { useAction } from '../view/use-action.ts';
import { nsName } from '../view/workload-list.tsx';
import { type Revision, revisionsOf } from './revisions.ts';
import { fetchRollout, restart, rollBack, setPaused } from './rollout-calls.ts';

/** The revisions of a Deployment: what each changed, when and why, how far the running one is, and the way back. */
export default function RolloutPanel({ workload }: { readonly workload: FeedWorkload }): ReactNode {
  const namespace = namespaceOf(nsName(workload));
  const name = nameOf(workload.key);
  const revisions = useRevisions(namespace, name, rolloutMark(workload));
  const action = useAction({ verb: 'update', group: 'apps', resource: 'deployments', namespace });
  return (
    <section className="block rollout" aria-label="Rollout">
      <h3>Rollout</h3>
      <p data-rollout="">{rolloutWords(workload)}</p>
      {action.isAllowed && (
        <div className="rollout-buttons">
          <button
            type="button"
            className="button"
            disabled={action.isBusy}
            onClick={() => action.run(() => setPaused(namespace, name, !workload.paused))}
          >
            {workload.paused ? 'Resume' : 'Pause'}
          </button>
          <Asking
            verb="Restart"
            effect={`Replaces all ${workload.replicas} pods of ${name}, as its strategy allows.`}
            isDisabled={action.isBusy || workload.paused === true}
            run={() => action.run(() => restart(namespace, name, new Date()))}
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
              namespace={namespace}
              revision={revision}
              rollBack={
                action.isAllowed && !revision.isCurrent && !workload.paused
                  ? () => action.run(() => rollBack(namespace, name, revision.number))
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

function useRevisions(namespace: string, name: string, mark: string): readonly Revision[] | string {
  const [revisions, setRevisions] = useState<readonly Revision[] | string>('Reading the revisions…');
  useEffect(() => {
    let isCurrent = true;
    // The mark only makes the effect run again.
    void mark;
    fetchRollout(namespace, name).then(
      ({ deployment, replicaSets }) => isCurrent && setRevisions(revisionsOf(deployment, replicaSets)),
      (failure: unknown) => isCurrent && setRevisions(failureWords(failure)),
    );
    return () => {
      isCurrent = false;
    };
  }, [namespace, name, mark]);
  return revisions;
}

/** `Revision 5 rolls out: 12 of 60 pods updated, 55 available.` */
function rolloutWords(workload: FeedWorkload): string {
  const { revision = '?', replicas, updatedReplicas = 0, availableReplicas, currentReplicas } = workload;
  const progressing = workload.conditions.find(({ type }) => type === 'Progressing');
  if (workload.paused) return `Revision ${revision} is paused: changes are not rolled out.`;
  if (progressing?.status === 'False')
    return `Revision ${revision} is stuck: ${progressing.message ?? progressing.reason}`;
  const isComplete = updatedReplicas >= replicas && availableReplicas >= replicas && currentReplicas <= replicas;
  if (isComplete) return `Revision ${revision} is rolled out: ${replicas} of ${replicas} pods.`;
  return `Revision ${revision} rolls out: ${updatedReplicas} of ${replicas} pods updated, ${availableReplicas} available.`;
}

interface RevisionRowProps {
  readonly namespace: string;
  readonly revision: Revision;
  readonly rollBack: (() => void) | undefined;
}

function RevisionRow({ namespace, revision, rollBack: run }: RevisionRowProps): ReactNode {
  const store = useCluster('workloads');
  const age = store.serverNow(Date.now()) - Date.parse(revision.createdAt);
  return (
    <li data-revision={revision.number} aria-current={revision.isCurrent ? 'true' : undefined}>
      <p>
        <b>Revision {revision.number}</b>
        {revision.isCurrent && ' (current)'}{' '}
        <Link href={objectPath('ReplicaSet', namespace, revision.name)}>{revision.name}</Link>{' '}
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

interface AskingProps {
  readonly verb: string;
  readonly effect: string;
  readonly isDisabled: boolean;
  readonly run: () => void;
}

/** A button that first names what it does. */
function Asking({ verb, effect, isDisabled, run }: AskingProps): ReactNode {
  const [isAsking, setAsking] = useState(false);
  if (!isAsking)
    return (
      <button type="button" className="button" disabled={isDisabled} onClick={() => setAsking(true)}>
        {verb}…
      </button>
    );
  return (
    <span className="asking">
      {effect}{' '}
      <button
        type="button"
        className="button button-danger"
        onClick={() => {
          setAsking(false);
          run();
        }}
      >
        {verb}
      </button>{' '}
      <button type="button" className="button" onClick={() => setAsking(false)}>
        Leave it
      </button>
    </span>
  );
}
