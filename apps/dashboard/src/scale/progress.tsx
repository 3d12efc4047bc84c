import type { FeedPod, FeedWorkload } from '@gantry/api-types/feed';
import type { ReactNode } from 'react';
import { count, formatSeconds } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { tileState } from '../state/pod-state.ts';
import { standingOf } from '../state/workload-standing.ts';
import { latencies, type PodStart, quantile } from './start-book.ts';

export interface ProgressProps {
  readonly workload: FeedWorkload;
  readonly store: ClusterStore;
  readonly pods: readonly FeedPod[];
}

const phases = ['pending', 'creating', 'starting', 'ready'] as const;
const phaseWords = { pending: 'Pending', creating: 'Creating', starting: 'Starting', ready: 'Ready' } as const;
/** Starts of this long ago still tell how fast they are now, milliseconds. */
const recentMs = 15 * 60_000;

/** How far a workload is: ready (of a Job: done) of wanted, how many pods are in each phase, and how long the phases took. */
export function Progress({ workload, store, pods }: ProgressProps): ReactNode {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const state = tileState(pod, pod.nodeName ? store.nodes.get(pod.nodeName) : undefined);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const { done, wanted, what } = standingOf(workload, counts.get('ready') ?? 0);
  const others = ['failing', 'unknown', 'terminating', 'failed'].filter((state) => counts.has(state));
  return (
    <div className="progress" data-progress="">
      <p className="progress-line">
        <b>{done}</b> of <b>{wanted}</b> {what}
        {workload.job && workload.job.failed > 0 && `, ${count(workload.job.failed, 'pod')} failed`}
      </p>
      <div
        className="progress-bar"
        role="progressbar"
        aria-label={workload.job ? 'Completions' : 'Replicas ready'}
        aria-valuemin={0}
        aria-valuemax={wanted}
        aria-valuenow={Math.min(done, wanted)}
      >
        <span style={{ width: `${Math.min(1, done / Math.max(wanted, 1)) * 100}%` }} />
      </div>
      <dl className="phases">
        {phases.map((phase) => (
          <div key={phase} className={counts.get(phase) ? '' : 'is-zero'}>
            <dt>{phaseWords[phase]}</dt>
            <dd data-phase={phase}>{counts.get(phase) ?? 0}</dd>
          </div>
        ))}
      </dl>
      {others.length > 0 && (
        <p className="progress-others">{others.map((state) => `${counts.get(state)} ${state}`).join(', ')}</p>
      )}
      <Latencies starts={store.starts.of(workload.uid, store.serverNow(Date.now()) - recentMs)} />
    </div>
  );
}

function Latencies({ starts }: { readonly starts: readonly PodStart[] }): ReactNode {
  const scheduled = latencies(starts, 'scheduledAt');
  const ready = latencies(starts, 'readyAt');
  if (scheduled.length === 0) return null;
  return (
    <table className="latencies" data-latencies="">
      <caption className="muted">From creation, of {starts.length} starts this page saw</caption>
      <tbody>
        <Latency name="to a node" sorted={scheduled} />
        {ready.length > 0 && <Latency name="to Ready" sorted={ready} />}
      </tbody>
    </table>
  );
}

function Latency({ name, sorted }: { readonly name: string; readonly sorted: readonly number[] }): ReactNode {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>p50 {formatSeconds(quantile(sorted, 0.5) ?? 0)}</td>
      <td>p95 {formatSeconds(quantile(sorted, 0.95) ?? 0)}</td>
    </tr>
  );
}
