import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import type { ReactNode } from 'react';
import { count, formatSpan } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useNow } from '../state/hooks.ts';
import { evictionTime, isNodeReady, isTerminated } from '../state/pod-state.ts';

/** On a lost node: what happens to its pods and when, counting down with the values in force. */
export function EvictionNotice(props: { readonly store: ClusterStore; readonly node: FeedNode }): ReactNode {
  return isNodeReady(props.node) ? null : <LostNotice {...props} />;
}

function LostNotice({ store, node }: { readonly store: ClusterStore; readonly node: FeedNode }): ReactNode {
  const now = store.serverNow(useNow(500));
  const pods = [...store.podsOn(node.key).values()].filter((pod) => !isTerminated(pod));
  const leaving = pods.filter((pod) => pod.deletedAt);
  const due = pods.filter((pod) => !pod.deletedAt).map((pod) => evictionTime(pod, node));
  const waiting = due.filter((at) => at !== undefined);
  const staying = due.length - waiting.length;
  const reason = node.conditions.find((c) => c.type === 'Ready')?.message;
  return (
    <p className="notice" title={reason}>
      <b>{node.key} does not answer.</b> {pods.length === 0 && 'It had no pods.'}
      {waiting.length > 0 && `${count(waiting.length, 'pod')} evicted ${inWords(Math.min(...waiting) - now)}. `}
      {leaving.length > 0 && `${evictedWords(store, leaving)} `}
      {staying > 0 && `${count(staying, 'pod')} in state Unknown.`}
    </p>
  );
}

function inWords(ms: number): string {
  return ms < 1000 ? 'now' : `in ${formatSpan(ms)}`;
}

/** `10 pods evicted: 9 moved, 1 waits for a node.` */
function evictedWords(store: ClusterStore, evicted: readonly FeedPod[]): string {
  const pending = store.pendingPods();
  let waiting = 0;
  for (const owner of new Set(evicted.map((pod) => pod.owner?.uid))) {
    const sameOwner = (pod: FeedPod): boolean => pod.owner !== undefined && pod.owner.uid === owner;
    waiting += Math.min(evicted.filter(sameOwner).length, pending.filter(sameOwner).length);
  }
  // A pod that nothing owns is not made anew elsewhere.
  const moved = evicted.filter((pod) => pod.owner).length - waiting;
  const parts = [moved > 0 ? `${moved} moved` : '', waiting > 0 ? `${waiting} waiting for a node` : ''].filter(Boolean);
  return `${count(evicted.length, 'pod')} evicted${parts.length > 0 ? `: ${parts.join(', ')}` : ''}.`;
}
