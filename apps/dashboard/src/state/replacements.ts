import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import type { ClusterStore } from './cluster-store.ts';
import { arcMs, ghostTileMs } from './ghost-book.ts';
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
 * The pairs of which both have a tile on a node: between these a line is drawn, until some seconds after the replacement
 * is Ready. `now` is server time.
 */
export function drawnReplacements(
  store: ClusterStore,
  now: number,
): { readonly ghost: FeedPod; readonly successor: FeedPod }[] {
  return pairEvicted(store)
    .flatMap(({ ghost, successor }) => {
      const at = store.ghosts.on(ghost.nodeName ?? '').get(ghost.uid)?.at ?? now;
      if (!successor?.nodeName || now - at >= ghostTileMs) return [];
      const readyAt = store.starts.get(successor.uid)?.readyAt;
      return readyAt !== undefined && now - readyAt > arcMs ? [] : [{ ghost, successor }];
    })
    .slice(0, mostLines);
}

/** The pods a node lost to eviction: those that are gone, and those marked for deletion whose end nobody confirms. */
export function evictedFrom(store: ClusterStore, node: FeedNode): FeedPod[] {
  if (isNodeReady(node)) return [];
  const marked = [...store.podsOn(node.key).values()].filter((pod) => pod.deletedAt);
  return [...[...store.ghosts.on(node.key).values()].map(({ pod }) => pod), ...marked];
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
