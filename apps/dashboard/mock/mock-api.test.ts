import type { Status } from '@gantry/api-types';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type MockServer, startMockServer } from './server.ts';

let server: MockServer;

beforeEach(async () => {
  server = await startMockServer({ port: 0, distDir: '/nowhere' });
  server.play('demo');
  server.fleet.advance(Date.now() + 10_000);
});
afterEach(() => server.close());

interface Answer<T> {
  readonly code: number;
  readonly body: T;
}

async function call<T = Record<string, unknown>>(
  method: string,
  path: string,
  body?: object,
  type = 'application/json',
): Promise<Answer<T>> {
  const answer = await fetch(`${server.url}/k8s${path}`, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'content-type': type } } : {}),
  });
  return { code: answer.status, body: (await answer.json()) as T };
}

const deployments = '/apis/apps/v1/namespaces/default/deployments';

it('applies to its objects what the real API would accept, and refuses the rest in its words', async () => {
  const path = `${deployments}/web`;
  const scaled = await call('PATCH', path, { spec: { replicas: 5 } }, 'application/merge-patch+json');
  expect([scaled.code, server.fleet.workloads.get('Deployment/default/web')?.replicas]).toEqual([200, 5]);
  const dry = await call('PATCH', `${path}?dryRun=All`, { spec: { replicas: 9 } }, 'application/merge-patch+json');
  expect(dry.body).toMatchObject({ spec: { replicas: 9 } });
  expect(server.fleet.workloads.get('Deployment/default/web')?.replicas).toBe(5);
  const invalid = await call<Status>('PATCH', path, { spec: { replicas: -1 } }, 'application/merge-patch+json');
  expect(invalid).toMatchObject({ code: 422, body: { details: { causes: [{ field: 'spec.replicas' }] } } });
  const unknown = await call<Status>(
    'PATCH',
    `${path}?fieldValidation=Strict`,
    { spec: { replcias: 1 } },
    'application/merge-patch+json',
  );
  expect([unknown.code, unknown.body.message]).toEqual([400, expect.stringContaining('unknown field "spec.replcias"')]);
});

it('keeps what it is given of other kinds, by version', async () => {
  const path = '/api/v1/namespaces/default/configmaps';
  const made = await call('POST', path, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c' },
    data: { a: '1' },
  });
  expect(made.code).toBe(200);
  const stale = { ...made.body, metadata: { name: 'c', resourceVersion: '77' } };
  expect((await call<Status>('PUT', `${path}/c`, stale)).body.reason).toBe('Conflict');
  expect((await call<{ items: unknown[] }>('GET', path)).body.items).toHaveLength(1);
  expect((await call('DELETE', `${path}/c`)).code).toBe(200);
  expect((await call('GET', `${path}/c`)).code).toBe(404);
});

it('says what it serves', async () => {
  const list = await call<{ resources: { name: string }[] }>('GET', '/apis/apps/v1');
  expect(list.body.resources.map(({ name }) => name)).toContain('deployments');
  const openApi = await call<{ components: { schemas: object } }>('GET', '/openapi/v3/apis/apps/v1');
  expect(Object.keys(openApi.body.components.schemas)).toContain('io.k8s.api.apps.v1.Deployment');
});
