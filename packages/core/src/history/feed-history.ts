import type { FeedDelta, FeedSnapshot, FeedTick } from '@gantry/api-types';
import { type FeedHistorySummary, feedHistoryMs } from '@gantry/api-types/feed-history';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { FeedState } from './feed-state.ts';
import { noteFrame } from './frame-notes.ts';
import { HistoryMarks } from './history-marks.ts';

/** What is kept takes at most this many bytes, so that a very busy cluster remembers less and not more. */
const defaultMaxBytes = 48 * 1024 * 1024;
/** A segment is closed when its frames outweigh its snapshot, but not before this many milliseconds … */
const leastSegmentMs = 15_000;
/** … in any case after these, so that no instant is far from a snapshot … */
const mostSegmentMs = 300_000;
/** … or this many characters of frames: until it is closed it is held as it is. */
const mostSegmentCharacters = 4 * 1024 * 1024;

export interface FeedHistoryOptions {
  /** That of the feed. */
  readonly epoch: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Makes a text small, off the main thread. */
  readonly compress: (text: string) => Promise<Uint8Array>;
  readonly maxBytes?: number;
}

/** A `FeedHistorySegment` as JSON: packed by `compress`, or still plain. */
export type StoredSegment = { readonly packed: Uint8Array } | { readonly text: string };

interface Segment {
  readonly from: number;
  to: number;
  /** Characters of the snapshot, and of the frames after it. */
  readonly baseCharacters: number;
  characters: number;
  /** Empty once packed. */
  texts: string[];
  packed?: Uint8Array;
}

/**
 * The last half hour of a feed in segments that each begin with a snapshot: any instant is one segment's snapshot and
 * some of its frames. Closed segments are compressed; the oldest go by age and by size. Nothing is written to disk.
 */
export class FeedHistory {
  readonly #options: FeedHistoryOptions;
  readonly #state = new FeedState();
  readonly #marks = new HistoryMarks();
  #segments: Segment[] = [];
  #startedAt: number | undefined;
  #bytes = 0;

  constructor(options: FeedHistoryOptions) {
    this.#options = options;
  }

  /** Bytes that are held, but for the present objects: those are shared with the snapshot's source. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** Begins with what there is. */
  start(snapshot: FeedSnapshot): void {
    this.#startedAt = snapshot.at;
    this.#state.apply(snapshot);
    this.#open(snapshot.at);
  }

  /** `text` is the frame as JSON; frames come in order, after {@link start}. */
  append(frame: FeedDelta | FeedTick, text: string): void {
    let open = this.#segments.at(-1);
    if (!open) return;
    if (isFull(open, frame.at)) {
      this.#close(open, frame.at);
      open = this.#open(frame.at);
    }
    if (frame.type === 'delta') this.#marks.add(frame.at, noteFrame(this.#state.objects, frame));
    this.#state.apply(frame);
    open?.texts.push(text);
    if (open) open.characters += text.length;
    this.#bytes += text.length;
    this.#dropOld(frame.at);
  }

  summary(): FeedHistorySummary {
    const at = this.#options.clock.now();
    return {
      epoch: this.#options.epoch,
      at,
      startedAt: this.#startedAt ?? at,
      from: this.#from(at),
      buckets: this.#marks.buckets,
      marks: this.#marks.marks,
    };
  }

  /** The segment that holds an instant; undefined where it is not recorded: too old, before the start, or in the future. */
  segmentAt(at: number): StoredSegment | undefined {
    const now = this.#options.clock.now();
    if (!(at >= this.#from(now)) || at > now) return undefined;
    const index = this.#segments.findLastIndex((segment) => segment.from <= at);
    const segment = this.#segments[index];
    if (!segment) return undefined;
    if (segment.packed) return { packed: segment.packed };
    const isOpen = index === this.#segments.length - 1;
    return { text: textOf({ ...segment, to: isOpen ? now : segment.to }, isOpen) };
  }

  #from(now: number): number {
    return Math.max(this.#segments[0]?.from ?? now, now - feedHistoryMs);
  }

  #open(at: number): Segment | undefined {
    const snapshot = this.#state.snapshot(at);
    if (!snapshot) return undefined;
    const text = JSON.stringify({ ...snapshot, cluster: { ...snapshot.cluster, role: 'read-only' } });
    const segment = { from: at, to: at, baseCharacters: text.length, characters: 0, texts: [text] };
    this.#segments.push(segment);
    this.#bytes += text.length;
    return segment;
  }

  #close(segment: Segment, at: number): void {
    segment.to = at;
    const { compress, logger } = this.#options;
    compress(textOf(segment, false)).then(
      (packed) => {
        if (!this.#segments.includes(segment)) return;
        this.#bytes += packed.length - segment.baseCharacters - segment.characters;
        segment.packed = packed;
        segment.texts = [];
      },
      // It stays as it is, and counts with its full size.
      (err: unknown) => logger.warn({ err }, 'a part of the dashboard history could not be compressed'),
    );
  }

  #dropOld(now: number): void {
    const { maxBytes = defaultMaxBytes } = this.#options;
    while (this.#segments.length > 1) {
      const [oldest] = this.#segments;
      if (!oldest || (oldest.to >= now - feedHistoryMs && this.#bytes <= maxBytes)) break;
      this.#segments.shift();
      this.#bytes -= oldest.packed?.length ?? oldest.baseCharacters + oldest.characters;
    }
    this.#marks.dropBefore(this.#from(now));
  }
}

function isFull(segment: Segment, now: number): boolean {
  const age = now - segment.from;
  if (age >= mostSegmentMs || segment.characters >= mostSegmentCharacters) return true;
  return age >= leastSegmentMs && segment.characters >= segment.baseCharacters;
}

/** A `FeedHistorySegment` from texts that are JSON already. */
function textOf(segment: Pick<Segment, 'from' | 'to' | 'texts'>, isOpen: boolean): string {
  const { from, to, texts } = segment;
  return `{"from":${from},"to":${to},"isOpen":${isOpen},"frames":[${texts.join(',')}]}`;
}
