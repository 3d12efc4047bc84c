import { ApiError, type HistoryAnswer, maxHistorySubjects, usageHistoryPath } from '@gantry/api-types';
import type { FastifyInstance } from 'fastify';

/** What was used in the last half hour; see {@link HistoryAnswer}. */
export interface UsageHistorySource {
  query(subjects: readonly string[], seconds: number): HistoryAnswer;
}

interface Query {
  readonly of?: string | readonly string[];
  readonly seconds?: string;
}

const maxSeconds = 1_800;
const defaultSeconds = 600;
const subject = /^(pod\/[^/]+|node\/[^/]+|workload\/[^/]+\/[^/]+\/[^/]+)$/;

/** `GET /api/usage-history?of=…&of=…&seconds=600`. */
export function registerUsageHistory(app: FastifyInstance, source: UsageHistorySource): void {
  app.get<{ Querystring: Query }>(usageHistoryPath, async ({ query }, reply) => {
    const subjects = query.of === undefined ? [] : typeof query.of === 'string' ? [query.of] : query.of;
    const wrong = subjects.find((text) => !subject.test(text));
    if (subjects.length === 0 || wrong !== undefined) {
      const given = wrong === undefined ? 'of is missing' : `of=${wrong}`;
      throw new ApiError('BadRequest', `${given}: use pod/UID, node/NAME or workload/KIND/NAMESPACE/NAME`);
    }
    if (subjects.length > maxHistorySubjects) {
      throw new ApiError('BadRequest', `${subjects.length} subjects are too many: ask for up to ${maxHistorySubjects}`);
    }
    const seconds = Number(query.seconds ?? defaultSeconds);
    if (!(seconds > 0 && seconds <= maxSeconds)) {
      throw new ApiError('BadRequest', `seconds=${query.seconds}: use more than 0 and up to ${maxSeconds}`);
    }
    void reply.header('cache-control', 'no-store');
    return source.query(subjects, seconds);
  });
}
