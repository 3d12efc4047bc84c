import { ApiError, type HistoryAnswer } from '@gantry/api-types';
import fastify from 'fastify';
import { expect, it } from 'vitest';
import { registerUsageHistory } from './usage-history-route.ts';

const series = [{ of: 'pod/a', values: { cpuMilli: [1, null] } }];
const answer: HistoryAnswer = { at: 10_000, from: 6_000, stepMs: 2_000, series };

async function ask(query: string) {
  const app = fastify();
  const asked: unknown[] = [];
  app.setErrorHandler((error, _request, reply) =>
    error instanceof ApiError ? reply.code(error.code).send(error.toStatus()) : reply.code(500).send(),
  );
  registerUsageHistory(app, {
    query: (...question) => {
      asked.push(question);
      return answer;
    },
  });
  const { statusCode, body } = await app.inject(`/api/usage-history${query}`);
  await app.close();
  return { statusCode, body: JSON.parse(body) as Record<string, unknown>, asked };
}

it('answers for one subject or several', async () => {
  expect(await ask('?of=pod/a')).toMatchObject({ statusCode: 200, body: answer, asked: [[['pod/a'], 600]] });
  const several = await ask('?of=node/n1&of=workload/Deployment/default/web&seconds=120');
  expect(several.asked).toEqual([[['node/n1', 'workload/Deployment/default/web'], 120]]);
});

it('says what is wrong with a question', async () => {
  const refused = {
    '': 'of is missing: use pod/UID, node/NAME or workload/KIND/NAMESPACE/NAME',
    '?of=web': 'of=web: use pod/UID, node/NAME or workload/KIND/NAMESPACE/NAME',
    '?of=pod/a&seconds=3600': 'seconds=3600: use more than 0 and up to 1800',
    '?of=pod/a&seconds=x': 'seconds=x: use more than 0 and up to 1800',
    [`?${'of=pod/a&'.repeat(201)}`]: '201 subjects are too many: ask for up to 200',
  };
  for (const [query, message] of Object.entries(refused)) {
    expect(await ask(query)).toMatchObject({ statusCode: 400, body: { reason: 'BadRequest', message } });
  }
});
