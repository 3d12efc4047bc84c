import { type FeedHistorySegment, feedHistoryMs } from '@gantry/api-types/feed-history';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Logger } from '../lib/logger.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { FeedHistory, type StoredSegment } from './feed-history.ts';
import { FeedState } from './feed-state.ts';
import { deltaFrame, feedNode, feedPod, feedWorkload, snapshotFrame } from './test-frames.ts';

const start = 1_700_000_000_000;
/** What the stand-in for a compressor made small. */
const packedTexts = new WeakMap<Uint8Array, string>();

it('gives back the state of every instant, whatever happened and however it was cut into segments', async () => {
  const change = fc.record({
    pod: fc.nat(8),
    isGone: fc.boolean(),
    restarts: fc.nat(20),
    afterMs: fc.integer({ min: 1, max: 40_000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 60 }), async (changes) => {
      const { history, clock } = begin();
      const truth = new FeedState();
      truth.apply(snapshotFrame(start));
      const known: { at: number; pods: unknown[] }[] = [];
      for (const { pod, isGone, restarts, afterMs } of changes) {
        clock.advance(afterMs);
        const pods = isGone ? { gone: [`default/p${pod}`] } : { set: [feedPod(`p${pod}`, { restarts })] };
        const frame = deltaFrame(clock.now(), { pods });
        history.append(frame, JSON.stringify(frame));
        truth.apply(frame);
        known.push({ at: clock.now(), pods: podsOf(truth) });
      }
      await settled();
      const from = history.summary().from;
      for (const { at, pods } of known.filter((entry) => entry.at >= from)) {
        expect(podsOf(stateAt(history, at)), `at ${at - start}`).toEqual(pods);
      }
    }),
    { numRuns: 40 },
  );
});

it('shows no usage of a former node of the same name', () => {
  const state = new FeedState();
  state.apply(snapshotFrame(start, { nodes: [feedNode('node-1')] }));
  const usage = { 'node-1': { at: '2026-11-21T12:00:01Z', cpuMilli: 1, memoryBytes: 2, pods: [] } };
  state.apply({ type: 'tick', at: start + 1, heartbeats: {}, usage });
  expect(state.snapshot(start + 1)?.usage).toEqual(usage);
  state.apply(deltaFrame(start + 2, { nodes: { gone: ['node-1'] } }));
  state.apply(deltaFrame(start + 3, { nodes: { set: [feedNode('node-1', { uid: 'another' })] } }));
  expect(state.snapshot(start + 3)?.usage).toEqual({});
});

it('compresses what is closed and holds less then', async () => {
  const { history, clock } = begin();
  churn(history, clock, 300, 1000);
  const before = history.heldBytes;
  await settled();
  expect(history.heldBytes).toBeLessThan(before / 2);
  expect(history.segmentAt(start + 5_000)).toHaveProperty('packed');
  expect(history.segmentAt(clock.now())).toHaveProperty('text');
});

it('forgets what is older than half an hour, marks too', () => {
  const { history, clock } = begin();
  const scaled = deltaFrame(start + 1, { workloads: { set: [feedWorkload('web')] } });
  history.append(scaled, JSON.stringify(scaled));
  churn(history, clock, 1000, 2000);
  const { from, at, startedAt, marks, buckets } = history.summary();
  expect([startedAt, from, marks]).toEqual([start, at - feedHistoryMs, []]);
  expect(buckets[0]?.at).toBeGreaterThan(from - 5_000);
  expect(history.segmentAt(from - 1)).toBeUndefined();
  expect(history.segmentAt(from)).toBeDefined();
  expect(history.segmentAt(at + 1)).toBeUndefined();
});

it('remembers a shorter time where that would take too much memory', () => {
  const { history, clock } = begin({ maxBytes: 40_000, compress: () => Promise.reject(new Error('no')) });
  churn(history, clock, 600, 1000);
  expect(history.heldBytes).toBeLessThan(80_000);
  expect(history.summary().from).toBeGreaterThan(start + 60_000);
});

it('knows nothing before it starts', () => {
  const { history } = begin();
  expect(history.segmentAt(start - 1)).toBeUndefined();
  expect(history.segmentAt(Number.NaN)).toBeUndefined();
});

const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLogger };

async function pack(text: string): Promise<Uint8Array> {
  const packed = new Uint8Array(Math.ceil(text.length / 10));
  packedTexts.set(packed, text);
  return packed;
}

/** Lets what waits for a compressor go on. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

function begin(options: { maxBytes?: number; compress?: () => Promise<Uint8Array> } = {}) {
  const clock = new FakeClock(start);
  const history = new FeedHistory({
    epoch: 'e1',
    clock,
    logger: silentLogger,
    compress: pack,
    ...options,
  });
  history.start(snapshotFrame(start));
  return { history, clock };
}

function churn(history: FeedHistory, clock: FakeClock, frames: number, everyMs: number): void {
  for (let i = 0; i < frames; i++) {
    clock.advance(everyMs);
    const frame = deltaFrame(clock.now(), { pods: { set: [feedPod(`p${i % 20}`, { uid: `uid-${i}` })] } });
    history.append(frame, JSON.stringify(frame));
  }
}

function stateAt(history: FeedHistory, at: number): FeedState {
  const segment = parse(history.segmentAt(at));
  const state = new FeedState();
  for (const frame of segment.frames) if (frame.at <= at) state.apply(frame);
  return state;
}

function parse(stored: StoredSegment | undefined): FeedHistorySegment {
  if (!stored) throw new Error('not recorded');
  return JSON.parse('text' in stored ? stored.text : (packedTexts.get(stored.packed) ?? '')) as FeedHistorySegment;
}

function podsOf(state: FeedState): unknown[] {
  return [...state.objects.pods.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
