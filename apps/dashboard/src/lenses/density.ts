import type { FeedResources } from '@gantry/api-types/feed';
import type { HostSize, ReplicaGroup } from '@gantry/core/density/pack-hosts';
import { latencies, type PodStart, quantile } from '../scale/start-book.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { isNodeReady, isTerminated } from '../state/pod-state.ts';

/** The living pods by equal requests: what is packed onto hosts. */
export function replicaGroups(store: ClusterStore): ReplicaGroup[] {
  const groups = new Map<string, FeedResources & { count: number }>();
  for (const pod of store.pods.values()) {
    if (isTerminated(pod)) continue;
    const key = `${pod.requests.cpuMilli} ${pod.requests.memoryBytes}`;
    const group = groups.get(key);
    if (group) group.count++;
    else groups.set(key, { ...pod.requests, count: 1 });
  }
  return [...groups.values()];
}

/** The size a host is taken to have: the median of the Ready nodes' allocatable, and the most pods any of them takes. */
export function typicalHost(store: ClusterStore): HostSize | undefined {
  const nodes = [...store.nodes.values()].filter(isNodeReady).map((node) => node.allocatable);
  if (nodes.length === 0) return undefined;
  const median = (field: 'cpuMilli' | 'memoryBytes' | 'pods'): number =>
    quantile(
      nodes.map((node) => node[field]).sort((a, b) => a - b),
      0.5,
    ) ?? 0;
  return { cpuMilli: median('cpuMilli'), memoryBytes: median('memoryBytes'), pods: median('pods') };
}

/** How long replicas took from creation to Ready, milliseconds, and how it is known. */
export interface MeasuredStarts {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  /** `seen`: timed by the feed, to a tenth of a second; `status`: from the pods' status, in whole seconds. */
  readonly source: 'seen' | 'status';
}

/** Starts timed by the page where it saw enough of them, else what the pods' status says. */
export function measuredStarts(
  store: ClusterStore,
  seen: readonly PodStart[] = store.starts.of(),
): MeasuredStarts | undefined {
  const timed = latencies(seen, 'readyAt');
  if (timed.length >= leastSeen) return summarize(timed, 'seen');
  const told = [...store.pods.values()]
    .flatMap((pod) => (pod.timing?.ready === undefined ? [] : [pod.timing.ready * 1000]))
    .sort((a, b) => a - b);
  return told.length > 0 ? summarize(told, 'status') : undefined;
}

/** Fewer than this say less than the status of all that run. */
const leastSeen = 3;

function summarize(sorted: readonly number[], source: MeasuredStarts['source']): MeasuredStarts {
  return { count: sorted.length, p50: quantile(sorted, 0.5) ?? 0, p95: quantile(sorted, 0.95) ?? 0, source };
}

/** What the engine's helpers take per container, over all nodes that measured it; undefined where none did. */
export function measuredOverhead(
  store: ClusterStore,
): { readonly containers: number; readonly bytesEach: number } | undefined {
  let [containers, memoryBytes] = [0, 0];
  for (const { overhead } of store.usage.values()) {
    containers += overhead?.containers ?? 0;
    memoryBytes += overhead?.memoryBytes ?? 0;
  }
  return containers > 0 ? { containers, bytesEach: memoryBytes / containers } : undefined;
}
