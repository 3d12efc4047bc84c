import type { FeedPod } from '@gantry/api-types/feed';
import type { ClusterStore } from '../state/cluster-store.ts';
import { selectedWorkloadKey } from '../state/selection.ts';
import { workloadKindAt } from '../state/workload-kinds.ts';
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
  const workload = store.workloads.get(selectedWorkloadKey(selected) ?? '');
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
  const workload = store.workloads.get(selectedWorkloadKey(selected) ?? '');
  if (!workload) return uids;
  return new Set([...uids, workload.uid, ...store.workloadsOf(workload).map((owned) => owned.uid)]);
}

/** `Deployment web in default`. */
export function selectedWords(selected: Selected): string {
  if (selected.kind === 'node') return `Node ${selected.name}`;
  return `${workloadKindAt(selected.kind) ?? 'Pod'} ${selected.name} in ${selected.namespace}`;
}
