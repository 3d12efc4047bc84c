import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react';
import { ClusterStore } from '../state/cluster-store.ts';
import { ClusterContext } from '../state/hooks.ts';
import { Replay } from './replay.ts';
import { TimelineBook } from './timeline-book.ts';

export interface ReplayParts {
  readonly replay: Replay;
  readonly book: TimelineBook;
}

const unfed = new ClusterStore();

/** The page's one replay and what its timeline knows; `main.tsx` provides them. */
export const ReplayContext = createContext<ReplayParts>({
  replay: new Replay({ live: unfed, fetchSegment: async () => undefined }),
  book: new TimelineBook(unfed, async () => undefined),
});

/** Gives the page the store of what is looked at: the live one, or that of an instant of the past. */
export function ReplayProvider({
  parts,
  children,
}: {
  readonly parts: ReplayParts;
  readonly children: ReactNode;
}): ReactNode {
  const store = useExternal(parts.replay.subscribe, () => parts.replay.store);
  return (
    <ReplayContext value={parts}>
      <ClusterContext value={store}>{children}</ClusterContext>
    </ReplayContext>
  );
}

/** The replay, re-rendering the caller when its view, pace or playing changes. */
export function useReplay(): Replay {
  const { replay } = useContext(ReplayContext);
  useExternal(replay.subscribe, () => replay.view);
  useExternal(replay.subscribe, () => (replay.isPlaying ? replay.speed : 0));
  return replay;
}

/** What the timeline knows, re-rendering the caller when that changes. */
export function useTimelineBook(): TimelineBook {
  const { book } = useContext(ReplayContext);
  useExternal(book.subscribe, () => book.version);
  return book;
}

/** Reads the same whether the page is drawn in a browser or as text. */
function useExternal<T>(subscribe: (listener: () => void) => () => void, read: () => T): T {
  return useSyncExternalStore(subscribe, read, read);
}
