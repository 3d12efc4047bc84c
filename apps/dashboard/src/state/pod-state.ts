import type { FeedNode, FeedPod } from '@gantry/api-types/feed';

/** What a tile says about its pod. The order is that of a pod's life; glyph and pattern follow from it, never colour alone. */
export type TileState =
  | 'pending'
  | 'creating'
  | 'starting'
  | 'ready'
  | 'failing'
  | 'terminating'
  | 'succeeded'
  | 'failed'
  | 'unknown';

/** The words for a state, as the page and screen readers say them. */
export const tileStateWords: Readonly<Record<TileState, string>> = {
  pending: 'Pending',
  creating: 'Creating',
  starting: 'Starting',
  ready: 'Ready',
  failing: 'Failing',
  terminating: 'Terminating',
  succeeded: 'Succeeded',
  failed: 'Failed',
  unknown: 'Unknown',
};

const failingStatus = /BackOff$|^Err|Error$|^OOMKilled$|^InvalidImageName$|^Init:(Err|.*BackOff)/;

/** The state of a pod given the node it is bound to: on a node that is not heard of, nothing is known. */
export function tileState(pod: FeedPod, node: FeedNode | undefined): TileState {
  if (pod.phase === 'Succeeded') return 'succeeded';
  if (pod.phase === 'Failed') return 'failed';
  if (pod.nodeName && node && !isNodeReady(node)) return 'unknown';
  if (pod.deletedAt) return 'terminating';
  if (!pod.nodeName) return 'pending';
  if (failingStatus.test(pod.status)) return 'failing';
  if (pod.phase === 'Running') return pod.isReady ? 'ready' : 'starting';
  return 'creating';
}

/** Whether the Ready condition is True: anything else (False, Unknown, absent) means pods there are in doubt. */
export function isNodeReady(node: FeedNode): boolean {
  return node.conditions.some((c) => c.type === 'Ready' && c.status === 'True');
}

/** Whether a pod has ended: it holds no resources and is not counted anywhere. */
export function isTerminated(pod: FeedPod): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

/**
 * When the pods of an unreachable node are evicted: milliseconds since the epoch, undefined where the pod stays or the
 * node carries no NoExecute taint.
 */
export function evictionTime(pod: FeedPod, node: FeedNode): number | undefined {
  const taint = node.taints.find(
    (t) => t.effect === 'NoExecute' && /^node\.kubernetes\.io\/(unreachable|not-ready)$/.test(t.key),
  );
  if (!taint?.addedAt || pod.unreachableSeconds === undefined) return undefined;
  return Date.parse(taint.addedAt) + pod.unreachableSeconds * 1000;
}
