import { ApiError, autoscalersPath } from '@gantry/api-types';
import type { FastifyInstance } from 'fastify';
import type { AutoscalerSource } from '../autoscaling/autoscaler-histories.ts';

interface Query {
  readonly namespace?: string;
  readonly name?: string;
  readonly since?: string;
}

/** What autoscalers decided in the last half hour. */
export function registerAutoscalers(app: FastifyInstance, source: AutoscalerSource): void {
  app.get<{ Querystring: Query }>(autoscalersPath, async ({ query: { namespace, name, since } }) => {
    const sinceMs = since === undefined ? undefined : Number(since);
    if (sinceMs !== undefined && !Number.isFinite(sinceMs)) {
      throw new ApiError('BadRequest', `since=${since} is not a number of milliseconds since the epoch`);
    }
    return source.histories({ namespace, name, since: sinceMs });
  });
}
