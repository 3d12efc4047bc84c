import type { EvictablePod } from '../eviction/node-pressure.ts';
import type { RunningPod } from '../eviction/pod-consumption.ts';
import type { ReachablePod } from '../metrics/pod-scraper.ts';
import type { PodWorker } from './pod-worker.ts';

/** A pod that is set up, with its containers that run; none where there is nothing of it on the node. */
export function runningPods({ pod, state }: PodWorker): RunningPod[] {
  if (!pod || state.isReleased) return [];
  const tracks = [...state.tracks.values()].filter(({ kind }) => kind !== 'sandbox');
  const running = tracks.flatMap(({ name: container, attempts }) =>
    attempts.filter((attempt) => attempt.state === 'running').map(({ id }) => ({ container, id })),
  );
  return [{ pod, running }];
}

/** A pod with containers that run, unless it ends for another reason than its eviction. */
export function evictablePods(worker: PodWorker): EvictablePod[] {
  const { evictedAt, state } = worker;
  return runningPods(worker)
    .filter(({ running }) => running.length > 0 && (evictedAt !== undefined || !state.ended))
    .map((pod) => ({ ...pod, evictedAt }));
}

/** A pod with containers that run, where it can be reached. */
export function reachablePods(worker: PodWorker, hostIp: string): ReachablePod[] {
  const { pod, state } = worker;
  const host = pod?.spec.hostNetwork ? hostIp : state.ip;
  const isRunning = runningPods(worker).some(({ running }) => running.length > 0);
  return pod && host !== undefined && isRunning ? [{ pod, host }] : [];
}
