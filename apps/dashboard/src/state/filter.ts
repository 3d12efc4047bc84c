import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import type { ClusterStore } from './cluster-store.ts';

/** Whether every word of the filter occurs in the pod's name, namespace, workload, node or status. Empty matches all. */
export function matchesPod(store: ClusterStore, pod: FeedPod, filter: string): boolean {
  if (!filter) return true;
  const text = `${pod.key} ${store.rootOf(pod).name} ${pod.nodeName ?? 'pending'} ${pod.status}`.toLowerCase();
  return filterWords(filter).every((word) => text.includes(word));
}

/** Whether the node itself (name, zone) or any pod on it matches. */
export function matchesNode(store: ClusterStore, node: FeedNode, filter: string): boolean {
  if (!filter) return true;
  const text = `${node.key} ${node.zone ?? ''}`.toLowerCase();
  if (filterWords(filter).every((word) => text.includes(word))) return true;
  return [...store.podsOn(node.key).values()].some((pod) => matchesPod(store, pod, filter));
}

function filterWords(filter: string): string[] {
  return filter.toLowerCase().split(/\s+/).filter(Boolean);
}
