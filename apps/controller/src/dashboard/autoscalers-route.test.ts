import { autoscalersPath } from '@gantry/api-types';
import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import type { HistoriesQuery } from '../autoscaling/autoscaler-histories.ts';
import { registerAutoscalers } from './autoscalers-route.ts';

describe(autoscalersPath, () => {
  const app = fastify();
  const asked: HistoriesQuery[] = [];
  registerAutoscalers(app, {
    histories(query) {
      asked.push(query);
      return { at: 1, syncPeriodMs: 15_000, autoscalers: [] };
    },
  });

  it('tells of all, of one, or of what is new', async () => {
    const response = await app.inject(`${autoscalersPath}?namespace=a&name=b&since=12`);
    expect(response.json()).toEqual({ at: 1, syncPeriodMs: 15_000, autoscalers: [] });
    await app.inject(autoscalersPath);
    expect(asked).toEqual([{ namespace: 'a', name: 'b', since: 12 }, {}]);
  });

  it('refuses a time that is none', async () => {
    const response = await app.inject(`${autoscalersPath}?since=yesterday`);
    expect(response.body).toContain('since=yesterday is not a number of milliseconds since the epoch');
  });
});
