import type { FeedEvent, FeedPod } from '@gantry/api-types/feed';
import type { ClusterStore } from '../state/cluster-store.ts';
import { isNodeReady, isTerminated } from '../state/pod-state.ts';

/** Pods that have a node and do not start, for the same reason. */
export interface StuckGroup {
  readonly id: string;
  readonly cause: string;
  readonly pods: readonly FeedPod[];
  /** What the registry, the engine or the volume said, as the first pod has it. */
  readonly text: string | undefined;
  /** Server time, milliseconds since the epoch, of the next try as far as its Events tell; the kubelet's rule of doubling. */
  readonly retryAt: number | undefined;
}

const imageReasons = /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|RegistryUnavailable)$/;
const volumeReasons = /^(FailedMount|FailedAttachVolume|FailedMapVolume)$/;
/** Image pulls are tried again after 10 s, doubled each time, at most 5 min. */
const [firstRetryMs, longestRetryMs] = [10_000, 300_000];

/** Pods on living nodes that wait for something else than a node: their image, a volume, a container that can be made. */
export function stuckGroups(store: ClusterStore): StuckGroup[] {
  const groups = new Map<string, FeedPod[]>();
  const withoutVolume = new Set<string | undefined>();
  for (const { reason, about } of store.events.values()) if (volumeReasons.test(reason)) withoutVolume.add(about.uid);
  for (const pod of store.pods.values()) {
    const cause = stuckCause(store, pod, withoutVolume);
    if (!cause) continue;
    const held = groups.get(cause);
    if (held) held.push(pod);
    else groups.set(cause, [pod]);
  }
  return [...groups].map(([cause, pods]) => groupOf(store, cause, pods)).sort((a, b) => b.pods.length - a.pods.length);
}

function stuckCause(
  store: ClusterStore,
  pod: FeedPod,
  withoutVolume: ReadonlySet<string | undefined>,
): string | undefined {
  if (!pod.nodeName || pod.deletedAt || isTerminated(pod)) return undefined;
  const node = store.nodes.get(pod.nodeName);
  if (!node || !isNodeReady(node)) return undefined;
  const waiting = pod.containers.find(({ state, reason }) => state === 'waiting' && imageReasons.test(reason ?? ''));
  if (waiting) return `Image cannot be had: ${waiting.image}`;
  if (pod.phase !== 'Pending') return undefined;
  const created = pod.containers.find(({ reason }) =>
    /^(CreateContainerConfigError|CreateContainerError|RunContainerError)$/.test(reason ?? ''),
  );
  if (created) return `Container cannot be made: ${created.reason ?? ''}`;
  return withoutVolume.has(pod.uid) ? 'Volume is not there' : undefined;
}

function groupOf(store: ClusterStore, cause: string, pods: readonly FeedPod[]): StuckGroup {
  const [first] = pods;
  const container = first?.containers.find(({ state, message }) => state === 'waiting' && message);
  const event = first && lastEvent(store, first, volumeReasons);
  const retryAt = first && cause.startsWith('Image') ? pullRetryAt(store, first) : undefined;
  return { id: cause, cause, pods, text: container?.message ?? event?.message ?? first?.message, retryAt };
}

/** When the image is asked for again: from how often and when it last failed. */
export function pullRetryAt(store: ClusterStore, pod: FeedPod): number | undefined {
  const failed = eventsOf(store, pod).filter(
    ({ reason, message }) => reason === 'Failed' && message.startsWith('Failed to pull'),
  );
  const last = failed.at(-1);
  if (!last) return undefined;
  const tries = failed.reduce((sum, { count }) => sum + count, 0);
  return Date.parse(last.at) + Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(10, tries - 1));
}

function lastEvent(store: ClusterStore, pod: FeedPod, reasons: RegExp): FeedEvent | undefined {
  return eventsOf(store, pod).findLast(({ reason }) => reasons.test(reason));
}

function eventsOf(store: ClusterStore, pod: FeedPod): FeedEvent[] {
  return [...store.events.values()].filter(({ about }) => about.uid === pod.uid);
}
