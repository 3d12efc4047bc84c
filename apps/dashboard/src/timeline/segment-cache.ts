import { type FeedHistorySegment, feedHistoryPaths } from '@gantry/api-types/feed-history';

/** Segments held: where one drags back and forth, and what comes next while playing. */
const mostSegments = 4;

/** Asks the server for the stretch of the past around an instant; undefined where it is not recorded. */
export type FetchSegment = (at: number) => Promise<FeedHistorySegment | undefined>;

/** As the controller answers it; rejects where it does not answer at all. */
export async function fetchSegment(at: number): Promise<FeedHistorySegment | undefined> {
  const answer = await fetch(`${feedHistoryPaths.segment}?at=${Math.round(at)}`);
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`the controller answered ${answer.status}`);
  return (await answer.json()) as FeedHistorySegment;
}

/** The last segments that were looked at; one that was still growing is asked for again where it is too short. */
export class SegmentCache {
  readonly #fetch: FetchSegment;
  #segments: FeedHistorySegment[] = [];
  #underway: { readonly at: number; readonly answer: Promise<FeedHistorySegment | undefined> } | undefined;

  constructor(fetch: FetchSegment) {
    this.#fetch = fetch;
  }

  held(at: number): FeedHistorySegment | undefined {
    return this.#segments.find(
      (segment) => segment.from <= at && (at < segment.to || (segment.isOpen && at === segment.to)),
    );
  }

  /** One request at a time for the same instant. */
  async get(at: number): Promise<FeedHistorySegment | undefined> {
    const held = this.held(at);
    if (held) return held;
    if (this.#underway?.at !== at) {
      const answer = this.#fetch(at);
      this.#underway = { at, answer };
    }
    const segment = await this.#underway.answer.finally(() => {
      this.#underway = undefined;
    });
    if (segment) {
      const others = this.#segments.filter(({ from }) => from !== segment.from);
      this.#segments = [segment, ...others].slice(0, mostSegments);
    }
    return segment;
  }

  clear(): void {
    this.#segments = [];
  }
}
