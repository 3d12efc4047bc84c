import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import type { ReactNode } from 'react';
import { count } from '../format.ts';
import { evictionWords } from '../node-loss/eviction-words.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useCluster, useNow } from '../state/hooks.ts';
import { evictionTime, isNodeReady, isTerminated } from '../state/pod-state.ts';
import { evictedFrom, pairEvicted } from '../state/replacements.ts';

/** On a lost node: what happens to its pods and when, counting down with the values in force. */
export function EvictionNotice({ node }: { readonly node: FeedNode }): ReactNode {
  return isNodeReady(node) ? null : <LostNotice node={node} />;
}

function LostNotice({ node }: { readonly node: FeedNode }): ReactNode {
  // What became of its pods shows on other nodes.
  const store = useCluster(`node:${node.key}`, 'pods', 'pending');
  const now = store.serverNow(useNow(500));
  const evicted = evictedFrom(store, node);
  const pods = [...store.podsOn(node.key).values()].filter((pod) => !isTerminated(pod) && !pod.deletedAt);
  const staying = pods.filter((pod) => evictionTime(pod, node) === undefined).length;
  const defaultSeconds = store.cluster?.settings.defaultTolerationSeconds;
  const reason = node.conditions.find((c) => c.type === 'Ready')?.message;
  return (
    <p className="notice" title={reason}>
      <b>{node.key} does not answer.</b> {pods.length + evicted.length === 0 && 'No pod is bound to it.'}
      {evicted.length > 0 && `${evictedWords(store, evicted)} `}
      {pods.length > staying && `${evictionWords(pods, node, { now, defaultSeconds })}. `}
      {staying > 0 && `${count(staying, 'pod')} in state Unknown.`}
    </p>
  );
}

/** `Its 10 pods were evicted: 8 run elsewhere, 1 starting, 1 waiting for a node.` */
function evictedWords(store: ClusterStore, evicted: readonly FeedPod[]): string {
  const uids = new Set(evicted.map((pod) => pod.uid));
  const counts = { run: 0, starting: 0, waiting: 0, none: 0 };
  for (const { ghost, successor } of pairEvicted(store)) {
    if (!uids.has(ghost.uid)) continue;
    if (!successor) counts.none++;
    else if (!successor.nodeName) counts.waiting++;
    else if (successor.phase === 'Running') counts.run++;
    else counts.starting++;
  }
  const parts = [
    counts.run > 0 ? `${counts.run} ${counts.run === 1 ? 'runs' : 'run'} elsewhere` : '',
    counts.starting > 0 ? `${counts.starting} starting` : '',
    counts.waiting > 0 ? `${counts.waiting} waiting for a node` : '',
    counts.none > 0 ? `${counts.none} not replaced` : '',
  ].filter(Boolean);
  return `Its ${count(evicted.length, 'pod')} ${evicted.length === 1 ? 'was' : 'were'} evicted: ${parts.join(', ')}.`;
}
