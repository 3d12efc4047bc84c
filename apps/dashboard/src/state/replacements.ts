import type { FeedPod } from '@gantry/api-types/feed';
import type { ClusterStore } from './cluster-store.ts';
import { isNodeReady } from './pod-state.ts';

/** A pod on a lost node and the one that took its place elsewhere. */
export interface Replacement {
  readonly ghost: FeedPod;
  readonly successor: FeedPod;
}

/** A replacement is pointed out for this long, milliseconds. */
const shownMs = 10_000;
const mostShown = 60;

/**
 * Which pods lately took the place of pods on lost nodes: per workload, evicted ones and newcomers in the order of their
 * creation. `now` is server time. Pods do not say whom they replace, so this is who came for whom in number.
 */
export function pairReplacements(store: ClusterStore, now: number): Replacement[] {
  const pairs: Replacement[] = [];
  for (const [owner, ghosts] of ghostsByOwner(store)) {
    const successors = newcomers(store, owner, ghosts, now);
    for (const [index, ghost] of ghosts.entries()) {
      const successor = successors[index];
      if (successor && pairs.length < mostShown) pairs.push({ ghost, successor });
    }
  }
  return pairs;
}

function ghostsByOwner(store: ClusterStore): Map<string, FeedPod[]> {
  const ghosts = new Map<string, FeedPod[]>();
  for (const node of store.nodes.values()) {
    if (isNodeReady(node)) continue;
    for (const pod of store.podsOn(node.key).values()) {
      if (!pod.deletedAt || !pod.owner) continue;
      ghosts.set(pod.owner.uid, [...(ghosts.get(pod.owner.uid) ?? []), pod]);
    }
  }
  return ghosts;
}

function newcomers(store: ClusterStore, owner: string, ghosts: readonly FeedPod[], now: number): FeedPod[] {
  const newest = ghosts.reduce((time, ghost) => Math.max(time, Date.parse(ghost.createdAt)), 0);
  return [...store.podsOwnedBy(owner).values()]
    .filter((pod) => {
      const node = pod.nodeName ? store.nodes.get(pod.nodeName) : undefined;
      const createdAt = Date.parse(pod.createdAt);
      return !pod.deletedAt && node && isNodeReady(node) && createdAt >= newest && now - createdAt < shownMs;
    })
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.key.localeCompare(b.key));
}
