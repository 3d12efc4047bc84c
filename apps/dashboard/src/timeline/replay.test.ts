import type { FeedFrame } from '@gantry/api-types/feed';
import type { FeedHistorySegment } from '@gantry/api-types/feed-history';
import { FeedHistory } from '@gantry/core/history/feed-history';
import { FakeClock } from '@gantry/core/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ClusterStore } from '../state/cluster-store.ts';
import { feedNode, feedPod, feedWorkload, snapshot } from '../testing/feed-objects.ts';
import { Replay } from './replay.ts';
import { TimelineBook } from './timeline-book.ts';

const start = Date.parse('2026-11-24T12:00:00Z');
let clock: FakeClock;
let live: ClusterStore;
let history: FeedHistory;
let replay: Replay;
let fetched: number;
const frames: FeedFrame[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  clock = new FakeClock(start);
  live = new ClusterStore();
  const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
  history = new FeedHistory({ epoch: 'e1', clock, logger: silent, compress: () => new Promise(() => {}) });
  const first = snapshot({ at: start, nodes: [feedNode('node-1')], workloads: [feedWorkload('web')] });
  history.start(first);
  frames.splice(0, frames.length, first);
  live.apply([first], clock.now());
  live.setConnection({ kind: 'live' });
  fetched = 0;
  replay = new Replay({ live, fetchSegment: async (at) => segmentAt(at), now: () => clock.now() });
});

afterEach(() => {
  replay.goLive();
  vi.useRealTimers();
});

it('shows every instant as it was, forwards, backwards and across stretches, while the present goes on', async () => {
  happen(200);
  const instants = [0, 150_000, 3_000, 3_500, 199_000, 40_000, 41_000, 120_500].map((ms) => start + ms);
  for (const at of instants) {
    await replay.seek(at);
    expect(replay.view).toEqual({ kind: 'viewing', at });
    expect(contents(replay.store), new Date(at).toISOString()).toEqual(contents(truthAt(at)));
    expect(replay.store.serverNow(clock.now())).toBe(at);
  }
  expect(contents(live)).toEqual(contents(truthAt(clock.now())));
  replay.goLive();
  expect(replay.store).toBe(live);
});

it('plays on at four times the pace, over the end of a stretch, until it meets the present', async () => {
  happen(200);
  await replay.seek(start + 100_000);
  replay.play(4);
  const shown: number[] = [];
  for (let i = 0; i < 400 && replay.view.kind !== 'live'; i++) {
    clock.advance(125);
    await vi.advanceTimersByTimeAsync(125);
    if (replay.at) {
      shown.push(replay.at);
      expect(contents(replay.store)).toEqual(contents(truthAt(replay.at)));
    }
  }
  expect(replay.view.kind).toBe('live');
  expect(replay.isPlaying).toBe(false);
  expect((shown[8] ?? 0) - (shown[0] ?? 0)).toBe(8 * 125 * 4);
  expect(fetched).toBeLessThan(12);
});

it('keeps the colour of owners', async () => {
  happen(30);
  await replay.seek(start + 10_000);
  expect(replay.store.hues.of('uid-web')).toBe(live.hues.of('uid-web'));
});

it('says where nothing is recorded, and where the controller does not answer', async () => {
  happen(30);
  await replay.seek(start - 60_000);
  expect(replay.view).toEqual({ kind: 'unrecorded', at: start - 60_000 });
  expect(replay.store.nodes.size).toBe(0);
  const broken = new Replay({
    live,
    fetchSegment: () => Promise.reject(new Error('no answer')),
    now: () => clock.now(),
  });
  await broken.seek(start + 1_000);
  expect(broken.view).toEqual({ kind: 'failed', at: start + 1_000, message: 'no answer' });
});

it('forgets what it has fetched of a former life of the controller', async () => {
  happen(30);
  await replay.seek(start + 10_000);
  replay.goLive();
  live.apply([snapshot({ at: clock.now(), epoch: 'e2' })], clock.now());
  const before = fetched;
  await replay.seek(start + 10_000);
  expect(fetched).toBe(before + 1);
});

it('is the present from now on', async () => {
  happen(10);
  await replay.seek(start + 5_000);
  await replay.step(60_000);
  expect(replay.view.kind).toBe('live');
});

it('marks on the timeline what the server has recorded and what live frames say, each once', async () => {
  live.beforeFrame = (frame) => book.note(frame);
  const book: TimelineBook = new TimelineBook(live, async () => history.summary());
  happen(20);
  live.apply([snapshot({ at: clock.now() })], clock.now());
  await vi.advanceTimersByTimeAsync(0);
  happen(1);
  const births = book.marks.buckets.reduce((sum, bucket) => sum + bucket.births, 0);
  expect(births).toBe(history.summary().buckets.reduce((sum, bucket) => sum + bucket.births, 0));
  expect(book.startedAt).toBe(start);
});

/** A second each: a pod appears, changes or goes. */
function happen(seconds: number): void {
  for (let i = 0; i < seconds; i++) {
    clock.advance(1_000);
    const at = clock.now();
    const n = Math.round((at - start) / 1000);
    const owner = { kind: 'Deployment', name: 'web', uid: 'uid-web' };
    const pod = feedPod(`p${n % 7}`, { uid: `uid-${n}`, owner, ...(n % 3 ? { nodeName: 'node-1' } : {}) });
    const pods = n % 5 === 4 ? { gone: [`default/p${(n + 3) % 7}`] } : { set: [pod] };
    const frame = { type: 'delta', revision: n, at, changes: { pods } } as const;
    history.append(frame, JSON.stringify(frame));
    frames.push(frame);
    live.apply([frame], at);
  }
}

function segmentAt(at: number): FeedHistorySegment | undefined {
  fetched++;
  const stored = history.segmentAt(at);
  return stored && 'text' in stored ? (JSON.parse(stored.text) as FeedHistorySegment) : undefined;
}

function truthAt(at: number): ClusterStore {
  const store = new ClusterStore();
  store.apply(
    frames.filter((frame) => frame.at <= at),
    at,
  );
  return store;
}

function contents(store: ClusterStore): unknown {
  return [
    [...store.pods.values()].sort((a, b) => a.key.localeCompare(b.key)),
    [...store.nodes.values()],
    [...store.podsOn('node-1').keys()].sort(),
  ];
}
