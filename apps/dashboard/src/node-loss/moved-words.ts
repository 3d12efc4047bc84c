import type { FeedNode } from '@gantry/api-types/feed';
import type { ClusterStore } from '../state/cluster-store.ts';
import { pendingCause } from '../state/pending.ts';
import { evictedFrom, pairEvicted } from '../state/replacements.ts';

/** What became of the pods that a lost node lost, in counts. */
export interface Moved {
  readonly evicted: number;
  readonly moved: number;
  readonly starting: number;
  /** Replacements that find no node, by why. */
  readonly stuck: ReadonlyMap<string, number>;
  /** Nobody makes them anew, or not yet. */
  readonly notReplaced: number;
}

export function countMoved(store: ClusterStore, node: FeedNode): Moved {
  const evicted = evictedFrom(store, node);
  const uids = new Set(evicted.map(({ uid }) => uid));
  let [moved, starting, notReplaced] = [0, 0, 0];
  const stuck = new Map<string, number>();
  for (const { ghost, successor } of pairEvicted(store)) {
    if (!uids.has(ghost.uid)) continue;
    if (!successor) notReplaced++;
    else if (!successor.nodeName) {
      const cause = pendingCause(successor.message);
      stuck.set(cause, (stuck.get(cause) ?? 0) + 1);
    } else if (successor.phase === 'Running' && successor.isReady) moved++;
    else starting++;
  }
  return { evicted: evicted.length, moved, starting, stuck, notReplaced };
}

/** `8 moved, 2 starting, 1 cannot move: Not enough CPU`. */
export function movedWords({ moved, starting, stuck, notReplaced }: Moved): string {
  const parts = [
    moved > 0 ? `${moved} moved` : '',
    starting > 0 ? `${starting} starting` : '',
    notReplaced > 0 ? `${notReplaced} not replaced` : '',
    ...[...stuck].map(([cause, count]) =>
      cause === 'Waiting for the scheduler' ? `${count} waiting for a node` : `${count} cannot move: ${cause}`,
    ),
  ];
  return parts.filter(Boolean).join(', ');
}
