import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { nameOf, namespaceOf } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useCluster } from '../state/hooks.ts';
import { objectPath } from '../state/selection.ts';
import type { DrainPodProgress } from './drain-run.ts';
import { type RunningDrain, useDrains } from './drain-state.ts';
import { successorsOf } from './moved-pods.ts';

interface DrainProgressProps {
  readonly node: FeedNode;
  readonly drain: RunningDrain;
}

/** How far a drain is: what has gone where, and what cannot move and why. */
export function DrainProgress({ node, drain }: DrainProgressProps): ReactNode {
  const store = useCluster('pods', 'pending');
  useDrains((state) => state.version);
  const forget = useDrains((state) => state.forget);
  const { run, before, startedAt } = drain;
  const successors = successorsOf(store, before, startedAt);
  const rows = run.progress.map((progress) => rowOf(store, progress, successors.get(progress.pod.key)));
  const gone = rows.filter((row) => row.isGone).length;
  const isOver = run.isStopped || (run.isDone && gone === rows.length);
  return (
    <section className="drain-progress" aria-label={`Drain of ${node.key}`} data-drain={isOver ? 'over' : 'running'}>
      <h3>{headline(drain, isOver)}</h3>
      {run.error && <p className="error">{run.error}</p>}
      <div
        className="progress-bar"
        role="progressbar"
        aria-label="Pods drained"
        aria-valuemin={0}
        aria-valuemax={rows.length}
        aria-valuenow={gone}
      >
        <span style={{ width: `${rows.length === 0 ? 100 : (gone / rows.length) * 100}%` }} />
      </div>
      <p>{countsOf(rows)}</p>
      <ul className="drain-reasons">
        {rows.map((row) => (
          <li key={row.key}>
            <b>{nameOf(row.key)}</b> {row.words}
            {row.successor && (
              <Link href={objectPath('Pod', namespaceOf(row.successor.key), nameOf(row.successor.key))}>
                {nameOf(row.successor.key)}
              </Link>
            )}
          </li>
        ))}
      </ul>
      {isOver ? (
        <button type="button" className="button" onClick={() => forget(node.key)}>
          Close
        </button>
      ) : (
        <>
          <p className="muted">It runs from this page, as kubectl drain does from a terminal: keep it open.</p>
          <button type="button" className="button" onClick={() => run.stop()}>
            Stop draining
          </button>
        </>
      )}
    </section>
  );
}

function headline({ run }: RunningDrain, isOver: boolean): string {
  if (run.error !== undefined) return 'The drain could not begin';
  if (run.isStopped) return 'Draining was stopped; the node stays cordoned';
  return isOver ? 'Drained; the node stays cordoned' : 'Draining';
}

interface Row {
  readonly key: string;
  readonly kind: 'moved' | 'starting' | 'stuck' | 'leaving';
  readonly isGone: boolean;
  readonly words: string;
  readonly successor: FeedPod | undefined;
}

function rowOf(store: ClusterStore, progress: DrainPodProgress, successor: FeedPod | undefined): Row {
  const { pod, state, message } = progress;
  const isGone = store.pods.get(pod.key)?.uid !== pod.uid;
  const base = { key: pod.key, isGone, successor };
  if (!isGone && (state === 'held' || state === 'failed'))
    return { ...base, kind: 'stuck', words: `cannot move: ${message ?? 'no reason was given'}` };
  if (!isGone) return { ...base, kind: 'leaving', words: state === 'leaving' ? 'is going' : 'waits for its turn' };
  if (!successor) return { ...base, kind: 'starting', words: 'is gone, no other has been made yet' };
  if (!successor.nodeName) return { ...base, kind: 'starting', words: 'waits for a node as ' };
  if (!successor.isReady) return { ...base, kind: 'starting', words: `starts on ${successor.nodeName} as ` };
  return { ...base, kind: 'moved', words: `runs on ${successor.nodeName} as ` };
}

/** `8 moved, 2 starting, 1 cannot move.` */
function countsOf(rows: readonly Row[]): string {
  const of = (kind: Row['kind']): number => rows.filter((row) => row.kind === kind).length;
  const parts = [
    [of('moved'), 'moved'],
    [of('starting'), 'starting'],
    [of('leaving'), 'going'],
    [of('stuck'), 'cannot move'],
  ] as const;
  const words = parts.filter(([n]) => n > 0).map(([n, word]) => `${n} ${word}`);
  return words.length > 0 ? `${words.join(', ')}.` : 'No pod was in the way.';
}
