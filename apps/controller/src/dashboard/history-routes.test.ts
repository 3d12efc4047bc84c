import { zstdDecompressSync } from 'node:zlib';
import type { ApiError, FeedDelta } from '@gantry/api-types';
import type { FeedHistorySegment, FeedHistorySummary } from '@gantry/api-types/feed-history';
import { FeedHistory } from '@gantry/core/history/feed-history';
import { snapshotFrame } from '@gantry/core/history/test-frames';
import { FakeClock } from '@gantry/core/testing';
import fastify, { type FastifyInstance } from 'fastify';
import { beforeEach, expect, it } from 'vitest';
import { compressSegment, registerHistory } from './history-routes.ts';
import { silentLogger } from './silent-logger.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
let app: FastifyInstance;
let history: FeedHistory;

beforeEach(async () => {
  const clock = new FakeClock(start);
  history = new FeedHistory({ epoch: 'e1', clock, logger: silentLogger, compress: compressSegment });
  history.start(snapshotFrame(start));
  for (let i = 1; i <= 30; i++) {
    clock.advance(1_000);
    const frame: FeedDelta = {
      type: 'delta',
      revision: i,
      at: clock.now(),
      changes: { pods: { gone: [`default/p${i}`] } },
    };
    history.append(frame, JSON.stringify(frame));
  }
  await expect.poll(() => history.segmentAt(start)).toHaveProperty('packed');
  app = fastify();
  app.setErrorHandler((error: ApiError, _request, reply) => reply.code(error.code).send(error.toStatus()));
  registerHistory(app, history);
});

it('says what is recorded', async () => {
  const summary = (await app.inject('/api/feed-history')).json<FeedHistorySummary>();
  expect(summary).toEqual({ epoch: 'e1', at: start + 30_000, startedAt: start, from: start, buckets: [], marks: [] });
});

it('sends a closed stretch as it is kept where the browser takes that, else unpacked', async () => {
  const url = `/api/feed-history/segment?at=${start + 5_000}`;
  const packed = await app.inject({ url, headers: { 'accept-encoding': 'gzip, zstd' } });
  expect(packed.headers['content-encoding']).toBe('zstd');
  const plain = await app.inject({ url });
  expect(plain.headers['content-encoding']).toBeUndefined();
  const segment = plain.json<FeedHistorySegment>();
  expect(JSON.parse(zstdDecompressSync(packed.rawPayload).toString())).toEqual(segment);
  expect(segment).toMatchObject({ from: start, isOpen: false });
  expect(segment.frames.slice(0, 2)).toMatchObject([{ type: 'snapshot' }, { type: 'delta', revision: 1 }]);
});

it('refuses instants that are not recorded, in words', async () => {
  const early = await app.inject(`/api/feed-history/segment?at=${start - 1}`);
  expect([early.statusCode, early.json<{ message: string }>().message]).toEqual([
    404,
    '2026-11-21T11:59:59.999Z is not recorded; /api/feed-history says what is',
  ]);
  expect((await app.inject('/api/feed-history/segment?at=noon')).statusCode).toBe(404);
});
