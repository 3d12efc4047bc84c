import type { FeedFrame } from '@gantry/api-types/feed';
import type { FeedHistorySegment } from '@gantry/api-types/feed-history';
import { FeedState } from '@gantry/core/history/feed-state';
import { ClusterStore } from '../state/cluster-store.ts';
import { type FetchSegment, SegmentCache } from './segment-cache.ts';

/** What the page shows: the present, or an instant of the past (server time, milliseconds since the epoch). */
export type ReplayView =
  | { readonly kind: 'live' }
  | { readonly kind: 'loading' | 'viewing' | 'unrecorded'; readonly at: number }
  | { readonly kind: 'failed'; readonly at: number; readonly message: string };

export type ReplaySpeed = 1 | 4;

export interface ReplayOptions {
  /** The store that the feed keeps up to date. */
  readonly live: ClusterStore;
  readonly fetchSegment: FetchSegment;
  /** Called with frames that play on from what is shown, before they are applied: where animations remember positions. */
  readonly beforeApply?: (frames: readonly FeedFrame[]) => void;
  /** Browser time, milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Playing has met the present this near to it, milliseconds: the last moments are always still on their way. */
const metMs = 3_000;

/** Milliseconds between two steps while playing. */
const playStepMs = 125;

/**
 * Shows the past in place of the present: a second store, made from recorded frames by the same code, takes the live
 * one's place. The live one goes on underneath, so that the way back is exact and takes no time.
 */
export class Replay {
  readonly live: ClusterStore;
  readonly #options: ReplayOptions;
  readonly #cache: SegmentCache;
  readonly #listeners = new Set<() => void>();
  #store: ClusterStore | undefined;
  #segment: FeedHistorySegment | undefined;
  #applied = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #playedAt = 0;
  #epoch = '';
  view: ReplayView = { kind: 'live' };
  speed: ReplaySpeed = 1;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.live = options.live;
    this.#cache = new SegmentCache(options.fetchSegment);
  }

  /** What the page draws. */
  get store(): ClusterStore {
    return this.#store ?? this.live;
  }

  get isPlaying(): boolean {
    return this.#timer !== undefined;
  }

  get canPlay(): boolean {
    return this.view.kind === 'viewing' || this.view.kind === 'loading';
  }

  /** The instant that is looked at; undefined where that is the present. */
  get at(): number | undefined {
    return this.view.kind === 'live' ? undefined : this.view.at;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Server time now. */
  now(): number {
    return this.live.serverNow(this.#now);
  }

  /** Looks at an instant; one that has not come yet is the present. A later call replaces one that still loads. */
  async seek(at: number): Promise<void> {
    if (at >= this.now()) return this.goLive();
    this.#forgetFormerLives();
    const held = this.#cache.held(at);
    if (held) return this.#show(held, at);
    this.#setView({ kind: 'loading', at });
    try {
      const segment = await this.#cache.get(at);
      if (this.at !== at) return;
      if (segment) this.#show(segment, at);
      else this.#showNothing({ kind: 'unrecorded', at });
    } catch (failure) {
      const message = failure instanceof Error ? failure.message : String(failure);
      if (this.at === at) this.#showNothing({ kind: 'failed', at, message });
    }
  }

  /** Forwards or back from what is shown, in milliseconds. */
  step(ms: number): Promise<void> {
    return this.seek((this.at ?? this.now()) + ms);
  }

  goLive(): void {
    this.pause();
    this.#store = undefined;
    this.#segment = undefined;
    this.#setView({ kind: 'live' });
  }

  play(speed: ReplaySpeed = this.speed): void {
    this.speed = speed;
    // From where nothing is recorded time cannot go on.
    if (!this.canPlay || this.#timer) return this.#tell();
    this.#playedAt = this.#now;
    this.#timer = setInterval(() => this.#playOn(), playStepMs);
    this.#tell();
  }

  pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#tell();
  }

  /** The objects of an instant, without showing them; undefined where it is not recorded. */
  async stateAt(at: number): Promise<FeedState | undefined> {
    const segment = await this.#cache.get(at);
    if (!segment) return undefined;
    const state = new FeedState();
    for (const frame of segment.frames) if (frame.at <= at) state.apply(frame);
    return state;
  }

  get #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #playOn(): void {
    const passed = this.#now - this.#playedAt;
    this.#playedAt = this.#now;
    // While a stretch is loading time stands still.
    if (this.view.kind !== 'viewing') return;
    const next = this.view.at + passed * this.speed;
    void (next >= this.now() - metMs ? this.goLive() : this.seek(next));
  }

  #show(segment: FeedHistorySegment, at: number): void {
    const shownAt = this.#store?.connection.kind === 'past' ? this.#store.connection.at : Number.POSITIVE_INFINITY;
    const isSame = this.#segment === segment || (this.#segment?.from === segment.from && this.#segment.isOpen);
    const isNext = this.#segment !== undefined && !this.#segment.isOpen && this.#segment.to === segment.from;
    const goesOn = this.#store !== undefined && at >= shownAt && (isSame || isNext);
    // Anything else starts over from the segment's snapshot: state cannot be taken back frame by frame.
    const store = (goesOn && this.#store) || new ClusterStore(this.live.hues);
    if (!goesOn || !isSame) this.#applied = 0;
    const end = segment.frames.findIndex((frame) => frame.at > at);
    const due = segment.frames.slice(this.#applied, end < 0 ? undefined : end);
    this.#applied += due.length;
    this.#segment = segment;
    if (goesOn) this.#options.beforeApply?.(due);
    store.apply(due, this.#now);
    store.setConnection({ kind: 'past', at });
    this.#store = store;
    this.#setView({ kind: 'viewing', at });
  }

  #showNothing(view: ReplayView & { readonly at: number }): void {
    this.pause();
    this.#store = new ClusterStore(this.live.hues);
    this.#store.setConnection({ kind: 'past', at: view.at });
    this.#segment = undefined;
    this.#setView(view);
  }

  /** Another epoch is another life of the controller, which has begun a history of its own. */
  #forgetFormerLives(): void {
    if (this.#epoch !== this.live.epoch) this.#cache.clear();
    this.#epoch = this.live.epoch;
  }

  #setView(view: ReplayView): void {
    this.view = view;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
