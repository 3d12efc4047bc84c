import type { FeedPod } from '@gantry/api-types/feed';
import type { ClusterStore } from '../state/cluster-store.ts';

/** The pod that took a drained one's place; undefined where there is none yet. */
export type Successors = ReadonlyMap<string, FeedPod>;

/**
 * Who took the place of the drained pods, by their keys: pods do not say whom they replace, so it is who came for whom in
 * number, in the order of creation. `drained` is as the pods were when the drain began, `since` server time.
 */
export function successorsOf(store: ClusterStore, drained: readonly FeedPod[], since: number): Successors {
  const found = new Map<string, FeedPod>();
  const newcomers = new Map<string, FeedPod[]>();
  for (const pod of drained) {
    if (store.pods.get(pod.key)?.uid === pod.uid) continue;
    const root = store.rootOf(pod).uid;
    const waiting = newcomers.get(root) ?? newcomersOf(store, root, since);
    newcomers.set(root, waiting);
    const next = waiting.shift();
    if (next) found.set(pod.key, next);
  }
  return found;
}

function newcomersOf(store: ClusterStore, root: string, since: number): FeedPod[] {
  const workload = store.workloadByUid(root);
  const pods = workload ? store.podsOf(workload) : [...store.podsOwnedBy(root).values()];
  return pods
    .filter((pod) => !pod.deletedAt && Date.parse(pod.createdAt) >= since - 1_000)
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.key.localeCompare(b.key));
}
