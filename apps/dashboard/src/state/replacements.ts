import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import type { ClusterStore } from './cluster-store.ts';
import { arcMs } from './ghost-book.ts';
import { isNodeReady } from './pod-state.ts';

/** A pod that was evicted from a lost node and the one that took its place, where there is one yet. */
export interface Replacement {
  readonly ghost: FeedPod;
  readonly successor: FeedPod | undefined;
}

const mostLines = 60;

/**
 * Who took the place of the pods evicted from lost nodes: per workload, in the order of creation. Pods do not say whom
 * they replace, so this is who came for whom in number: made since the node was lost, on a Ready node or still waiting.
 */
export function pairEvicted(store: ClusterStore): Replacement[] {
  const pairs: Replacement[] = [];
  for (const [root, lost] of evictedByRoot(store)) {
    const newcomers = newcomersOf(store, root);
    for (const { pod: ghost, since } of lost) {
      const index = newcomers.findIndex((pod) => Date.parse(pod.createdAt) >= since);
      pairs.push({ ghost, successor: index < 0 ? undefined : newcomers.splice(index, 1)[0] });
    }
  }
  return pairs;
}

/**
 * The pairs between which a line is drawn: from when the replacement has a node until some seconds after it is Ready,
 * however late that is. `now` is server time.
 */
export function drawnReplacements(
  store: ClusterStore,
  now: number,
): { readonly ghost: FeedPod; readonly successor: FeedPod }[] {
  const drawn: { readonly ghost: FeedPod; readonly successor: FeedPod }[] = [];
  for (const { ghost, successor } of pairEvicted(store)) {
    if (!successor?.nodeName) continue;
    const readyAt = readySince(store, successor);
    if (readyAt === undefined || now - readyAt <= arcMs) drawn.push({ ghost, successor });
    if (drawn.length === mostLines) break;
  }
  return drawn;
}

/** Server time since when a pod is Ready, by what the page saw or else by its status; undefined where it is not yet. */
function readySince(store: ClusterStore, { uid, createdAt, timing, isReady }: FeedPod): number | undefined {
  const seen = store.starts.get(uid)?.readyAt;
  if (seen !== undefined || !isReady) return seen;
  // Neither says it of a container that was started again: long ago will do.
  return timing?.ready === undefined ? 0 : Date.parse(createdAt) + timing.ready * 1000;
}

/** The pods a node lost to eviction: those that are gone, and those marked for deletion whose end nobody confirms. */
export function evictedFrom(store: ClusterStore, node: FeedNode): FeedPod[] {
  if (isNodeReady(node)) return [];
  const marked = [...store.podsOn(node.key).values()].filter((pod) => pod.deletedAt);
  return [...store.ghosts.on(node.key).values(), ...marked];
}

interface Lost {
  readonly pod: FeedPod;
  /** Milliseconds since the epoch: nothing made before replaces it. */
  readonly since: number;
}

function evictedByRoot(store: ClusterStore): Map<string, Lost[]> {
  const lost = new Map<string, Lost[]>();
  for (const node of store.nodes.values()) {
    for (const pod of evictedFrom(store, node)) {
      // A pod that nothing owns is not made anew; its root is itself.
      const root = store.rootOf(pod).uid;
      const since = Math.max(Date.parse(pod.createdAt), lostSince(node));
      lost.set(root, [...(lost.get(root) ?? []), { pod, since }]);
    }
  }
  for (const list of lost.values()) list.sort((a, b) => a.since - b.since || a.pod.key.localeCompare(b.pod.key));
  return lost;
}

function lostSince(node: FeedNode): number {
  const since = node.conditions.find((c) => c.type === 'Ready')?.since;
  return since === undefined ? 0 : Date.parse(since);
}

function newcomersOf(store: ClusterStore, root: string): FeedPod[] {
  const workload = store.workloadByUid(root);
  const pods = workload ? store.podsOf(workload) : [...store.podsOwnedBy(root).values()];
  return pods
    .filter((pod) => {
      const node = pod.nodeName ? store.nodes.get(pod.nodeName) : undefined;
      return !pod.deletedAt && (!pod.nodeName || (node && isNodeReady(node)));
    })
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.key.localeCompare(b.key));
}
