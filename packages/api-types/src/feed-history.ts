import type { FeedFrame } from './feed.ts';

/**
 * What the feed showed during the last half hour, kept by the controller in memory since its start: a summary for the
 * page's timeline, and the frames themselves by range, from which the page makes the state of any instant.
 *
 * `GET /api/feed-history` answers a {@link FeedHistorySummary}, `GET /api/feed-history/segment?at=<milliseconds>` the
 * {@link FeedHistorySegment} that holds the instant, or 404 where it is not recorded.
 */
export const feedHistoryPaths = { summary: '/api/feed-history', segment: '/api/feed-history/segment' } as const;

/** How long the past is kept at most, milliseconds. */
export const feedHistoryMs = 30 * 60 * 1000;

/** Width of a {@link FeedHistoryBucket}, milliseconds. */
export const feedHistoryBucketMs = 5_000;

export interface FeedHistorySummary {
  /** That of the feed: another one means another life of the controller, which remembers nothing of the former. */
  readonly epoch: string;
  /** Server time now, milliseconds since the Unix epoch, as all times here. */
  readonly at: number;
  /** When recording began: with the controller. */
  readonly startedAt: number;
  /** The oldest instant that can be shown: later than `at - feedHistoryMs` after a start, or where memory was short. */
  readonly from: number;
  /** Oldest first; empty ones are left out. */
  readonly buckets: readonly FeedHistoryBucket[];
  /** Oldest first; of very many, the newest. */
  readonly marks: readonly FeedMark[];
}

/** How many pods appeared, went and crashed from `at` on, in one width of a bucket. */
export interface FeedHistoryBucket {
  /** A multiple of {@link feedHistoryBucketMs}. */
  readonly at: number;
  readonly births: number;
  readonly deaths: number;
  /** Containers that were restarted, and pods that failed. */
  readonly crashes: number;
}

/** Something that happened at one instant and is worth a mark of its own. */
export interface FeedMark {
  readonly at: number;
  readonly kind: FeedMarkKind;
  /** A short sentence: `web scaled from 3 to 60`. */
  readonly text: string;
  readonly about: { readonly kind: string; readonly namespace?: string; readonly name: string };
}

export type FeedMarkKind = 'rollout' | 'scale' | 'node';

/** A stretch of the past: a snapshot, then the deltas and ticks after it, in order. */
export interface FeedHistorySegment {
  readonly from: number;
  /** Where the next segment begins, or the server's time where this is the present one. */
  readonly to: number;
  /** Whether more will follow in this one. */
  readonly isOpen: boolean;
  /** The role in the snapshot is `read-only`: nothing can be done to the past. */
  readonly frames: readonly FeedFrame[];
}
