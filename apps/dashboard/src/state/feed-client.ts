import { type FeedFrame, feedPath } from '@gantry/api-types/feed';
import type { ClusterStore } from './cluster-store.ts';

/** No frame for this long means the stream is dead even where the socket still says open: ticks come every second. */
const silenceMs = 5_000;
const firstRetryMs = 300;
const longestRetryMs = 5_000;
/** Frames held back at most this long where the page is hidden and gets no animation frames. */
const hiddenFlushMs = 500;

export interface FeedClientOptions {
  readonly store: ClusterStore;
  /** Origin of the feed, e.g. `ws://127.0.0.1:8080`. */
  readonly url: string;
  /** Called with the frames about to be applied, before any state changes: where animations remember positions. */
  readonly beforeApply?: (frames: readonly FeedFrame[]) => void;
}

/**
 * Keeps one WebSocket to the feed open: reconnects with growing pauses, resumes from the last revision, and hands frames
 * to the store once per animation frame. The store says `stale` from the last frame that arrived.
 */
export function startFeed(options: FeedClientOptions): { stop(): void } {
  const { store, url } = options;
  let socket: WebSocket | undefined;
  let retryMs = firstRetryMs;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let lastFrameAt = Date.now();
  // Unlike lastFrameAt also moved by a new attempt, which deserves its own time to answer.
  let aliveAt = lastFrameAt;
  let isStopped = false;
  const batch = createBatch((frames) => {
    options.beforeApply?.(frames);
    store.apply(frames, Date.now());
    if (store.connection.kind !== 'live') store.setConnection({ kind: 'live' });
  });

  const connect = (): void => {
    if (isStopped) return;
    const resume = store.epoch ? `?epoch=${store.epoch}&revision=${store.revision}` : '';
    const opened = new WebSocket(`${url}${feedPath}${resume}`);
    socket = opened;
    aliveAt = Date.now();
    let hasAnswered = false;
    opened.onmessage = (message) => {
      if (socket !== opened) return;
      hasAnswered = true;
      aliveAt = lastFrameAt = Date.now();
      retryMs = firstRetryMs;
      batch.push(JSON.parse(String(message.data)) as FeedFrame);
    };
    opened.onclose = () => {
      if (socket !== opened) return;
      lose();
      // A refused upgrade looks to scripts like any failure: only a plain request tells "no session" apart.
      if (!hasAnswered) void checkSession();
    };
  };

  const checkSession = async (): Promise<void> => {
    const answer = await fetch('/api/session').catch(() => undefined);
    if (answer?.status === 401) store.setConnection({ kind: 'unauthorized' });
  };

  const lose = (): void => {
    socket = undefined;
    // What arrived before the loss counts: the next connection resumes after it.
    batch.flush();
    if (store.connection.kind === 'live') store.setConnection({ kind: 'stale', since: lastFrameAt });
    // Jitter, so that several open pages do not return to a restarted controller at once.
    retryTimer = setTimeout(connect, retryMs * (0.75 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, longestRetryMs);
  };

  const watchdog = setInterval(() => {
    if (!socket || Date.now() - aliveAt < silenceMs) return;
    const silent = socket;
    lose();
    silent.close();
  }, 1_000);
  connect();
  return {
    stop() {
      isStopped = true;
      clearInterval(watchdog);
      clearTimeout(retryTimer);
      const open = socket;
      socket = undefined;
      open?.close();
    },
  };
}

/** Collects frames and delivers them together in the next animation frame (or soon, in a hidden page). */
function createBatch(deliver: (frames: readonly FeedFrame[]) => void): {
  push(frame: FeedFrame): void;
  flush(): void;
} {
  let frames: FeedFrame[] = [];
  let cancel: (() => void) | undefined;
  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    const due = frames;
    frames = [];
    if (due.length > 0) deliver(due);
  };
  return {
    flush,
    push(frame) {
      frames.push(frame);
      if (cancel) return;
      const timer = setTimeout(flush, hiddenFlushMs);
      const request = requestAnimationFrame(flush);
      cancel = () => {
        clearTimeout(timer);
        cancelAnimationFrame(request);
      };
    },
  };
}
