import type { FeedFrame } from '@gantry/api-types/feed';
import { type FeedHistorySummary, feedHistoryMs, feedHistoryPaths } from '@gantry/api-types/feed-history';
import { type FrameNotes, noteFrame } from '@gantry/core/history/frame-notes';
import { HistoryMarks } from '@gantry/core/history/history-marks';
import type { ClusterStore } from '../state/cluster-store.ts';

/** Readers are told of changes at most this often, milliseconds: a burst of births is one redraw of the strip. */
const tellMs = 250;

/** Asks the server what it has recorded; undefined where it does not say. */
export type FetchSummary = () => Promise<FeedHistorySummary | undefined>;

/** As the controller answers it. */
export async function fetchSummary(): Promise<FeedHistorySummary | undefined> {
  const answer = await fetch(feedHistoryPaths.summary).catch(() => undefined);
  return answer?.ok ? ((await answer.json()) as FeedHistorySummary) : undefined;
}

/**
 * What the timeline draws: the server's summary, asked for once a connection, and from then on what the live frames
 * themselves say.
 */
export class TimelineBook {
  readonly #live: ClusterStore;
  readonly #fetch: FetchSummary;
  readonly #listeners = new Set<() => void>();
  #marks = new HistoryMarks();
  #isLoading = false;
  #isTelling = false;
  /** What frames said while the summary was on its way. */
  #meanwhile: { readonly at: number; readonly notes: FrameNotes }[] = [];
  /** Server times, milliseconds since the epoch; undefined until the server has said. */
  startedAt: number | undefined;
  #from = 0;
  version = 0;

  constructor(live: ClusterStore, fetch: FetchSummary = fetchSummary) {
    this.#live = live;
    this.#fetch = fetch;
  }

  get marks(): HistoryMarks {
    return this.#marks;
  }

  /** The oldest instant that can be looked at. */
  from(now: number): number {
    return Math.max(this.#from, now - feedHistoryMs);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Call with each live frame before the store takes it. */
  note(frame: FeedFrame): void {
    if (frame.type === 'snapshot') void this.#load();
    if (frame.type !== 'delta') return;
    const notes = noteFrame(this.#live, frame);
    if (this.#isLoading) this.#meanwhile.push({ at: frame.at, notes });
    if (!this.#marks.add(frame.at, notes)) return;
    this.#marks.dropBefore(frame.at - feedHistoryMs);
    this.#tell();
  }

  async #load(): Promise<void> {
    this.#isLoading = true;
    this.#meanwhile = [];
    const summary = await this.#fetch();
    this.#isLoading = false;
    if (!summary) return;
    this.#marks = new HistoryMarks(summary.buckets, summary.marks);
    for (const { at, notes } of this.#meanwhile) if (at > summary.at) this.#marks.add(at, notes);
    this.#meanwhile = [];
    this.startedAt = summary.startedAt;
    this.#from = summary.from;
    this.#tell();
  }

  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setTimeout(() => {
      this.#isTelling = false;
      this.version++;
      for (const listener of this.#listeners) listener();
    }, tellMs);
  }
}
