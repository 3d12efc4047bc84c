import type { ServerResponse } from 'node:http';
import type { FeedDelta, FeedSnapshot, FeedTick } from '@gantry/api-types/feed';
import { feedHistoryPaths } from '@gantry/api-types/feed-history';
import { FeedHistory } from '@gantry/core/history/feed-history';

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** The controller's own history of the mock's feed; what is closed is kept as bytes of plain JSON. */
export class MockHistory {
  readonly #history = new FeedHistory({
    epoch: 'mock',
    clock: { now: Date.now, setTimer: () => () => {} },
    logger: silent,
    compress: async (text) => Buffer.from(text),
  });

  constructor(snapshot: FeedSnapshot) {
    this.#history.start(snapshot);
  }

  append(frame: FeedDelta | FeedTick): void {
    this.#history.append(frame, JSON.stringify(frame));
  }

  /** True where the path was one of the history's. */
  answer(url: URL, response: ServerResponse): boolean {
    if (url.pathname === feedHistoryPaths.summary) {
      response.end(JSON.stringify(this.#history.summary()));
      return true;
    }
    if (url.pathname !== feedHistoryPaths.segment) return false;
    const stored = this.#history.segmentAt(Number(url.searchParams.get('at')));
    response.writeHead(stored ? 200 : 404, { 'content-type': 'application/json' });
    response.end(!stored ? '{}' : 'text' in stored ? stored.text : stored.packed);
    return true;
  }
}
