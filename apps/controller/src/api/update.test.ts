import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configMapBody, createTestApi, deploymentBody, podBody, type TestApi } from './testing/test-api.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are checked field by field, whatever their kind
type Any = any;

const configMaps = '/api/v1/namespaces/default/configmaps';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const pods = '/api/v1/namespaces/default/pods';

describe('replacing objects', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  it('replaces what is given and drops what is not', async () => {
    const { body } = await api.call<Any>('POST', configMaps, { body: configMapBody('a', 'v', { x: 'y' }) });
    const next = { ...body, metadata: { ...body.metadata, labels: { z: '1' } }, data: { other: '2' } };
    const updated = await api.call<Any>('PUT', `${configMaps}/a`, { body: next });
    expect(updated.code).toBe(200);
    expect(updated.body.data).toEqual({ other: '2' });
    expect(updated.body.metadata.labels).toEqual({ z: '1' });
    expect(updated.body.metadata.uid).toBe(body.metadata.uid);
    expect(Number(updated.body.metadata.resourceVersion)).toBeGreaterThan(Number(body.metadata.resourceVersion));
  });

  it('writes nothing where nothing changes', async () => {
    const { body } = await api.call<Any>('POST', configMaps, { body: configMapBody('same') });
    const { revision } = api.objects;
    const updated = await api.call<Any>('PUT', `${configMaps}/same`, { body });
    expect(updated.body.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
    expect(api.objects.revision).toBe(revision);
  });

  it('refuses an outdated version', async () => {
    const { body } = await api.call<Any>('POST', configMaps, { body: configMapBody('stale') });
    await api.call('PUT', `${configMaps}/stale`, { body: { ...body, data: { k: '2' } } });
    const answer = await api.call('PUT', `${configMaps}/stale`, { body: { ...body, data: { k: '3' } } });
    expect(answer.code).toBe(409);
    expect(answer.body).toMatchObject({
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "stale": the object has been modified; please apply your changes to the latest version and try again',
      details: { name: 'stale', kind: 'configmaps' },
    });
  });

  it('replaces unconditionally without a version', async () => {
    await api.call('POST', configMaps, { body: configMapBody('free') });
    const { code, body } = await api.call<Any>('PUT', `${configMaps}/free`, { body: configMapBody('free', 'new') });
    expect([code, body.data.k]).toEqual([200, 'new']);
  });

  it('lets one of many writers with the same version win', async () => {
    const { body } = await api.call<Any>('POST', configMaps, { body: configMapBody('contended') });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        api.call('PUT', `${configMaps}/contended`, { body: { ...body, data: { k: String(i) } } }),
      ),
    );
    expect(answers.map(({ code }) => code).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 409)]);
  });

  it('answers 404 for what is absent', async () => {
    expect((await api.call('PUT', `${configMaps}/absent`, { body: configMapBody('absent') })).code).toBe(404);
  });

  it('refuses another name than the URL has', async () => {
    const { code, body } = await api.call('PUT', `${configMaps}/a`, { body: configMapBody('b') });
    expect(code).toBe(400);
    expect(body).toMatchObject({ message: 'the name of the object (b) does not match the name on the URL (a)' });
  });

  it('refuses to change what the server set', async () => {
    const { body } = await api.call<Any>('POST', configMaps, { body: configMapBody('fixed') });
    const answer = await api.call('PUT', `${configMaps}/fixed`, {
      body: { ...body, metadata: { ...body.metadata, uid: 'other' } },
    });
    expect(answer.code).toBe(422);
    expect(answer.text).toContain('metadata.uid');
    expect(answer.text).toContain('field is immutable');
  });

  it('bumps the generation for the spec only', async () => {
    const { body } = await api.call<Any>('POST', deployments, { body: deploymentBody('gen') });
    const labelled = await api.call<Any>('PUT', `${deployments}/gen`, {
      body: { ...body, metadata: { ...body.metadata, labels: { a: 'b' } } },
    });
    expect(labelled.body.metadata.generation).toBe(1);
    const scaled = await api.call<Any>('PUT', `${deployments}/gen`, {
      body: { ...labelled.body, spec: { ...labelled.body.spec, replicas: 3 } },
    });
    expect(scaled.body.metadata.generation).toBe(2);
    const reported = await api.call<Any>('PUT', `${deployments}/gen/status`, {
      body: { ...scaled.body, status: { observedGeneration: 2, replicas: 3 } },
    });
    expect(reported.code).toBe(200);
    expect(reported.body.metadata.generation).toBe(2);
  });

  it('keeps spec and status apart', async () => {
    const { body } = await api.call<Any>('POST', deployments, { body: deploymentBody('apart') });
    const viaStatus = await api.call<Any>('PUT', `${deployments}/apart/status`, {
      body: { ...body, spec: { ...body.spec, replicas: 9 }, status: { replicas: 4 } },
    });
    expect(viaStatus.body.spec.replicas).toBe(1);
    expect(viaStatus.body.status.replicas).toBe(4);
    const viaMain = await api.call<Any>('PUT', `${deployments}/apart`, {
      body: { ...viaStatus.body, spec: { ...body.spec, replicas: 2 }, status: { replicas: 100 } },
    });
    expect(viaMain.body.spec.replicas).toBe(2);
    expect(viaMain.body.status.replicas).toBe(4);
  });

  it('does not write in a dry run', async () => {
    await api.call('POST', configMaps, { body: configMapBody('dry') });
    const { revision } = api.objects;
    const { body } = await api.call<Any>('PUT', `${configMaps}/dry?dryRun=All`, { body: configMapBody('dry', 'new') });
    expect(body.data.k).toBe('new');
    expect(api.objects.revision).toBe(revision);
  });

  it('never changes an object that others hold', async () => {
    await api.call('POST', pods, { body: podBody('shared') });
    const held = await api.client.get('pods', 'default', 'shared');
    const before = JSON.stringify(held);
    await api.client.updateStatus('pods', { ...held, status: { ...held.status, phase: 'Running' } });
    await api.client.mergePatch('pods', 'default', 'shared', { metadata: { labels: { a: 'b' } } });
    await api.client.update('pods', { ...(await api.client.get('pods', 'default', 'shared')) });
    expect(JSON.stringify(held)).toBe(before);
  });
});

describe('patching objects', () => {
  let api: TestApi;
  let url: string;
  let count = 0;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());
  beforeEach(async () => {
    count += 1;
    url = `${deployments}/d${count}`;
    await api.call('POST', deployments, { body: deploymentBody(`d${count}`) });
  });
  const merge = (body: unknown, query = '') =>
    api.call<Any>('PATCH', url + query, { body, contentType: 'application/merge-patch+json' });
  const json = (body: unknown) => api.call<Any>('PATCH', url, { body, contentType: 'application/json-patch+json' });
  const strategic = (body: unknown, query = '') =>
    api.call<Any>('PATCH', url + query, { body, contentType: 'application/strategic-merge-patch+json' });

  it('merges (RFC 7386)', async () => {
    const { code, body } = await merge({
      metadata: { labels: { a: 'b' } },
      spec: { replicas: 4, minReadySeconds: null },
    });
    expect(code).toBe(200);
    expect(body.metadata.labels).toEqual({ a: 'b' });
    expect(body.spec.replicas).toBe(4);
    expect(body.spec.template.spec.containers).toHaveLength(1);
    expect((await merge({ metadata: { labels: { a: null } } })).body.metadata.labels ?? {}).toEqual({});
  });

  it('applies JSON patches', async () => {
    const { code, body } = await json([
      { op: 'test', path: '/spec/replicas', value: 1 },
      { op: 'replace', path: '/spec/replicas', value: 5 },
      { op: 'add', path: '/metadata/annotations', value: { 'a/b': 'c' } },
    ]);
    expect(code).toBe(200);
    expect([body.spec.replicas, body.metadata.annotations['a/b']]).toEqual([5, 'c']);
  });

  it('refuses a JSON patch that fails', async () => {
    const failed = await json([{ op: 'test', path: '/spec/replicas', value: 7 }]);
    expect(failed.code).toBe(422);
    expect(failed.body.message).toContain('the server rejected our request due to an error in our request');
    expect((await json([{ op: 'remove', path: '/spec/nothing/here' }])).code).toBe(422);
    expect((await json({ op: 'remove' })).code).toBe(400);
  });

  it('bounds what JSON patches may grow to', async () => {
    const doubling = Array.from({ length: 40 }, (_, i) => ({
      op: 'copy',
      from: '/metadata/annotations',
      path: `/metadata/annotations/a${i}`,
    }));
    const start = { op: 'add', path: '/metadata/annotations', value: { k: 'x'.repeat(100) } };
    expect((await json([start, ...doubling])).code).toBe(422);
    const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/spec/replicas', value: 1 }));
    expect((await json(many)).code).toBe(413);
    expect((await json([{ op: 'remove', path: '/metadata/labels/absent' }])).code).toBe(422);
    expect((await json([{ op: 'add', path: '/__proto__/polluted', value: true }])).code).toBe(422);
    expect((await json([null, 5])).code).toBe(422);
  });

  it('merges lists by key strategically', async () => {
    const { code, body } = await strategic({
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'c', image: 'nginx:2' },
              { name: 'd', image: 'redis:7' },
            ],
          },
        },
      },
    });
    expect(code).toBe(200);
    const containers = body.spec.template.spec.containers.map((c: Any) => [c.name, c.image]);
    expect(containers.sort()).toEqual([
      ['c', 'nginx:2'],
      ['d', 'redis:7'],
    ]);
    expect(body.spec.template.spec.containers.find((c: Any) => c.name === 'c').imagePullPolicy).toBe('IfNotPresent');
  });

  it('refuses unknown fields when strict', async () => {
    const { code, body } = await strategic({ spec: { replcas: 2 } }, '?fieldValidation=Strict');
    expect(code).toBe(422);
    expect(body.message).toContain('strict decoding error: unknown field "spec.replcas"');
    const warned = await strategic({ spec: { replcas: 2 } });
    expect(warned.code).toBe(200);
    expect([warned.headers.warning].flat()).toEqual(['299 - "unknown field \\"spec.replcas\\""']);
  });

  it('refuses a version that the patch names and that is not the present one', async () => {
    const { code, body } = await merge({ metadata: { resourceVersion: '1' }, spec: { replicas: 2 } });
    expect([code, body.reason]).toEqual([409, 'Conflict']);
  });

  it('loses no patch of many at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => merge({ metadata: { labels: { [`l${i}`]: 'x' } } })),
    );
    expect(answers.map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => 200));
    const { body } = await api.call<Any>('GET', url);
    expect(Object.keys(body.metadata.labels)).toHaveLength(10);
  });

  it('changes only the status through /status', async () => {
    const { body } = await api.call<Any>('PATCH', `${url}/status`, {
      body: { status: { replicas: 3 }, spec: { replicas: 8 } },
      contentType: 'application/merge-patch+json',
    });
    expect([body.status.replicas, body.spec.replicas]).toEqual([3, 1]);
  });

  it('refuses a patch whose result is not valid', async () => {
    expect((await merge({ spec: { replicas: -1 } })).code).toBe(422);
    expect((await merge({ spec: { replicas: 'many' } })).code).toBe(400);
    expect((await merge([1, 2])).code).toBe(400);
    expect((await merge('{')).code).toBe(400);
  });

  it('answers 404 for what is absent', async () => {
    const answer = await api.call('PATCH', `${deployments}/absent`, {
      body: {},
      contentType: 'application/merge-patch+json',
    });
    expect(answer.code).toBe(404);
  });

  it('answers 415 for server-side apply, which comes later', async () => {
    const answer = await api.call<Any>('PATCH', `${url}?fieldManager=kubectl`, {
      body: deploymentBody('x'),
      contentType: 'application/apply-patch+yaml',
    });
    expect([answer.code, answer.body.reason]).toEqual([415, 'UnsupportedMediaType']);
    expect(answer.body.message).toContain(
      'the body of the request was in an unknown format - accepted media types include',
    );
  });

  it('does not write in a dry run', async () => {
    const { revision } = api.objects;
    expect((await merge({ spec: { replicas: 6 } }, '?dryRun=All')).body.spec.replicas).toBe(6);
    expect(api.objects.revision).toBe(revision);
  });
});
