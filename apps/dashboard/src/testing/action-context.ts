import type { ActionContext } from '../actions/action.ts';
import { ClusterStore } from '../state/cluster-store.ts';
import { Replay } from '../timeline/replay.ts';
import { TimelineBook } from '../timeline/timeline-book.ts';

/** A context with nothing selected, over a store that is live, and the paths that actions went to. */
export function actionContext(store = new ClusterStore()): { context: ActionContext; visited: string[] } {
  store.setConnection({ kind: 'live' });
  const visited: string[] = [];
  const none = { kind: 'none' } as const;
  const replay = new Replay({ live: store, fetchSegment: async () => undefined });
  const book = new TimelineBook(store, async () => undefined);
  const navigate = (path: string): void => void visited.push(path);
  return { context: { store, selection: none, target: none, navigate, replay, book }, visited };
}
