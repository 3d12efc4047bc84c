import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { ApiError } from '@gantry/api-types';
import { feedHistoryPaths } from '@gantry/api-types/feed-history';
import type { FeedHistory } from '@gantry/core/history/feed-history';
import type { FastifyInstance } from 'fastify';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Browsers refuse windows beyond 8 MiB; a long one finds what a segment repeats from frame to frame. */
const params = {
  [constants.ZSTD_c_windowLog]: 23,
  [constants.ZSTD_c_enableLongDistanceMatching]: 1,
};

/** As the history keeps what is closed, and as browsers take it. */
export async function compressSegment(text: string): Promise<Uint8Array> {
  return compress(text, { params });
}

/** `GET /api/feed-history` and its segments: what the page's timeline shows and replays. */
export function registerHistory(app: FastifyInstance, history: FeedHistory): void {
  app.get(feedHistoryPaths.summary, async () => history.summary());
  app.get<{ Querystring: { at?: string } }>(feedHistoryPaths.segment, async (request, reply) => {
    const at = Number(request.query.at);
    const stored = history.segmentAt(at);
    if (!stored) throw new ApiError('NotFound', `${timeWords(at)} is not recorded; /api/feed-history says what is`);
    reply.type('application/json; charset=utf-8').header('cache-control', 'no-store').header('vary', 'accept-encoding');
    if ('text' in stored) return stored.text;
    if (!/\bzstd\b/.test(String(request.headers['accept-encoding'] ?? ''))) return decompress(stored.packed);
    return reply.header('content-encoding', 'zstd').send(stored.packed);
  });
}

function timeWords(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? 'an instant that is not a number of milliseconds' : date.toISOString();
}
