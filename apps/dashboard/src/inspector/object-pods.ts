import type { FeedPod } from '@gantry/api-types/feed';
import type { ClusterStore } from '../state/cluster-store.ts';
import type { Selected } from './tabs.ts';

/** The pods that a selected object is, holds or manages, in the order of their names. */
export function podsOfSelected(store: ClusterStore, selected: Selected): readonly FeedPod[] {
  return [...findPods(store, selected)].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function findPods(store: ClusterStore, selected: Selected): Iterable<FeedPod> {
  if (selected.kind === 'node') return store.podsOn(selected.name).values();
  const key = `${selected.namespace}/${selected.name}`;
  if (selected.kind === 'pod') {
    const pod = store.pods.get(key);
    return pod ? [pod] : [];
  }
  const workload = store.workloads.get(`${selected.kind === 'deployment' ? 'Deployment' : 'ReplicaSet'}/${key}`);
  return workload ? store.podsOf(workload) : [];
}

/** The uids that Events about a selected object name: its own, and those of what belongs to it. */
export function uidsOfSelected(store: ClusterStore, selected: Selected): ReadonlySet<string> {
  const uids = new Set(podsOfSelected(store, selected).map(({ uid }) => uid));
  if (selected.kind === 'pod') return uids;
  if (selected.kind === 'node') {
    // Events about nodes carry the name in place of the uid where the agent writes them.
    const uid = store.nodes.get(selected.name)?.uid;
    return new Set([...uids, selected.name, ...(uid ? [uid] : [])]);
  }
  const kind = selected.kind === 'deployment' ? 'Deployment' : 'ReplicaSet';
  const workload = store.workloads.get(`${kind}/${selected.namespace}/${selected.name}`);
  if (!workload) return uids;
  return new Set([...uids, workload.uid, ...store.replicaSetsOf(workload).map((set) => set.uid)]);
}

/** `Deployment web in default`. */
export function selectedWords(selected: Selected): string {
  const kind = { node: 'Node', pod: 'Pod', deployment: 'Deployment', replicaset: 'ReplicaSet' }[selected.kind];
  return selected.kind === 'node' ? `${kind} ${selected.name}` : `${kind} ${selected.name} in ${selected.namespace}`;
}
