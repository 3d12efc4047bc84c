import type { AccessQuestion } from '../api/access.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import type { Selection } from '../state/selection.ts';
import type { Replay } from '../timeline/replay.ts';
import type { TimelineBook } from '../timeline/timeline-book.ts';

/**
 * Something the operator can do from the command palette, by a key, or both. To add one: put it into a list beside the
 * feature it belongs to and name that list in `all-actions.ts`; palette, help and keys take it up from there.
 */
export interface PageAction {
  /** Unique, `subject.verb`: `node.drain`. */
  readonly id: string;
  /** As palette and help show it, an imperative: `Drain node`. */
  readonly title: string;
  /** Further words to be found by, separated by spaces. */
  readonly keywords?: string;
  /** `KeyboardEvent.key` as typed (`s`, `P`, `?`), or `Ctrl+k`, which is Cmd-K on a Mac too. Never runs while typing. */
  readonly shortcut?: string;
  /** What it would act on now (`node-3`), shown beside the title. */
  readonly about?: (context: ActionContext) => string | undefined;
  /** Whether it makes sense now; absent: always. Where false the palette leaves it out and its key does nothing. */
  readonly isAvailable?: (context: ActionContext) => boolean;
  /** What the session must be allowed for it; the API is asked before it runs, and a refusal is shown. Absent: nothing. */
  readonly needs?: (context: ActionContext) => AccessQuestion | undefined;
  /** Destructive acts only open what names their effect and asks. Where it returns a promise, its failure is shown. */
  readonly run: (context: ActionContext) => unknown;
}

/** What an action may look at; made anew for each use. */
export interface ActionContext {
  /** What the page shows: of now, or of the instant that is replayed. */
  readonly store: ClusterStore;
  /** What the inspector shows. */
  readonly selection: Selection;
  /** The pod or node that has the focus in the fleet, else the selection. */
  readonly target: Selection;
  /** To a path of the page (`objectPath`); the query stays. */
  readonly navigate: (path: string) => void;
  readonly replay: Replay;
  readonly book: TimelineBook;
}
