import { type FeedHistoryBucket, type FeedMark, feedHistoryBucketMs } from '@gantry/api-types/feed-history';
import type { FrameNotes } from './frame-notes.ts';

/** Marks kept; of more, the oldest go. */
const mostMarks = 500;

/** Marks and densities along a stretch of time, bounded in both. */
export class HistoryMarks {
  #buckets: FeedHistoryBucket[];
  #marks: FeedMark[];

  constructor(buckets: readonly FeedHistoryBucket[] = [], marks: readonly FeedMark[] = []) {
    this.#buckets = [...buckets];
    this.#marks = [...marks];
  }

  get buckets(): readonly FeedHistoryBucket[] {
    return this.#buckets;
  }

  get marks(): readonly FeedMark[] {
    return this.#marks;
  }

  /** True where the notes held anything. `at` is the time of their frame. */
  add(at: number, notes: FrameNotes): boolean {
    const { births, deaths, crashes, marks } = notes;
    if (marks.length > 0) this.#marks = [...this.#marks, ...marks].slice(-mostMarks);
    if (births + deaths + crashes === 0) return marks.length > 0;
    const start = Math.floor(at / feedHistoryBucketMs) * feedHistoryBucketMs;
    const last = this.#buckets.at(-1);
    // Frames come in order; where the clock was set back they count for the newest bucket.
    if (last && last.at >= start) {
      this.#buckets[this.#buckets.length - 1] = {
        at: last.at,
        births: last.births + births,
        deaths: last.deaths + deaths,
        crashes: last.crashes + crashes,
      };
    } else this.#buckets.push({ at: start, births, deaths, crashes });
    return true;
  }

  /** Forgets what lies wholly before `from`. */
  dropBefore(from: number): void {
    const [bucket] = this.#buckets;
    if (bucket && bucket.at + feedHistoryBucketMs <= from)
      this.#buckets = this.#buckets.filter(({ at }) => at + feedHistoryBucketMs > from);
    const [mark] = this.#marks;
    if (mark && mark.at < from) this.#marks = this.#marks.filter(({ at }) => at >= from);
  }
}
