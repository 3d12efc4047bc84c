import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMapBody, createTestApi, deploymentBody, podBody, type TestApi } from './testing/test-api.ts';

interface Meta {
  metadata: Record<string, unknown>;
}

describe('creating objects', () => {
  let api: TestApi;
  const pods = '/api/v1/namespaces/default/pods';
  const configMaps = '/api/v1/namespaces/default/configmaps';
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  it('writes nothing for a client that takes no answer', async () => {
    const refused = await api.call('POST', pods, { body: podBody('unwanted'), accept: 'text/html' });
    expect(refused.code).toBe(406);
    expect((await api.call('GET', `${pods}/unwanted`)).code).toBe(404);
  });

  it('answers 201 with what only the server sets', async () => {
    const { code, body } = await api.call<Meta>('POST', pods, { body: podBody('one') });
    expect(code).toBe(201);
    expect(body.metadata).toMatchObject({ name: 'one', namespace: 'default', generation: 1 });
    expect(body.metadata.creationTimestamp).toBe('2026-11-21T12:00:00Z');
    expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(0);
  });

  it('answers with the very bytes that GET answers with', async () => {
    const created = await api.call('POST', configMaps, { body: configMapBody('same') });
    expect((await api.call('GET', `${configMaps}/same`)).text).toBe(created.text);
  });

  it('shows defaults, tolerations and the service account at once', async () => {
    const { body } = await api.call<{ spec: object; status: object }>('POST', pods, { body: podBody('defaults') });
    expect(body.spec).toMatchObject({
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      terminationGracePeriodSeconds: 30,
      schedulerName: 'default-scheduler',
      serviceAccountName: 'default',
      priority: 0,
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 },
      ],
    });
    expect(body.status).toMatchObject({ phase: 'Pending' });
  });

  it('drops the status and the server-set metadata that a client sends', async () => {
    const body = {
      ...podBody('forged', { metadata: { uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z', generation: 7 } }),
      status: { phase: 'Running', podIP: '1.2.3.4' },
    };
    const created = await api.call<Meta & { status: object }>('POST', pods, { body });
    expect(created.code).toBe(201);
    expect(created.body.metadata.uid).not.toBe('mine');
    expect(created.body.metadata.generation).toBe(1);
    expect(created.body.status).not.toHaveProperty('podIP');
  });

  it('generates names from a prefix', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'gen-' } };
    const { body: created } = await api.call<Meta>('POST', configMaps, { body });
    expect(created.metadata.name).toMatch(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(created.metadata.generateName).toBe('gen-');
  });

  it('refuses a name that is taken', async () => {
    await api.call('POST', configMaps, { body: configMapBody('twice') });
    const { code, body } = await api.call('POST', configMaps, { body: configMapBody('twice') });
    expect(code).toBe(409);
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'configmaps "twice" already exists',
      reason: 'AlreadyExists',
      details: { name: 'twice', kind: 'configmaps' },
      code: 409,
    });
  });

  it('qualifies the resource by its group in messages', async () => {
    const url = '/apis/apps/v1/namespaces/default/deployments';
    await api.call('POST', url, { body: deploymentBody('dup') });
    const { body } = await api.call('POST', url, { body: deploymentBody('dup') });
    expect(body).toMatchObject({
      message: 'deployments.apps "dup" already exists',
      details: { name: 'dup', group: 'apps', kind: 'deployments' },
    });
  });

  it('refuses a namespace that does not exist', async () => {
    const { code, body } = await api.call('POST', '/api/v1/namespaces/nope/pods', { body: podBody('x') });
    expect(code).toBe(404);
    expect(body).toMatchObject({
      message: 'namespaces "nope" not found',
      reason: 'NotFound',
      details: { name: 'nope', kind: 'namespaces' },
    });
  });

  it('refuses a namespace that is being deleted', async () => {
    await api.client.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'leaving' },
      spec: {},
    });
    await api.call('DELETE', '/api/v1/namespaces/leaving');
    const { code, body } = await api.call('POST', '/api/v1/namespaces/leaving/pods', { body: podBody('late') });
    expect(code).toBe(403);
    expect(body).toMatchObject({
      reason: 'Forbidden',
      message:
        'pods "late" is forbidden: unable to create new content in namespace leaving because it is being terminated',
      details: {
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: 'namespace leaving is being terminated',
            field: 'metadata.namespace',
          },
        ],
      },
    });
  });

  it('refuses a body for another namespace', async () => {
    const body = podBody('x', { metadata: { namespace: 'kube-system' } });
    const answer = await api.call('POST', pods, { body });
    expect(answer.code).toBe(400);
    expect(answer.body).toMatchObject({
      message: 'the namespace of the provided object does not match the namespace sent on the request',
    });
  });

  it('refuses a resourceVersion', async () => {
    const { code, body } = await api.call('POST', pods, { body: podBody('x', { metadata: { resourceVersion: '5' } }) });
    expect(code).toBe(400);
    expect(body).toMatchObject({ message: 'resourceVersion should not be set on objects to be created' });
  });

  it('refuses an object without a name', async () => {
    const { code, body } = await api.call('POST', configMaps, { body: { apiVersion: 'v1', kind: 'ConfigMap' } });
    expect(code).toBe(422);
    expect(body).toMatchObject({
      reason: 'Invalid',
      message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
      details: { kind: 'ConfigMap', causes: [{ reason: 'FieldValueRequired', field: 'metadata.name' }] },
    });
  });

  it('refuses what the kind refuses, naming kind and fields', async () => {
    const body = deploymentBody('bad');
    const answer = await api.call('POST', '/apis/apps/v1/namespaces/default/deployments', {
      body: { ...body, spec: { ...body.spec, selector: { matchLabels: { app: 'other' } } } },
    });
    expect(answer.code).toBe(422);
    expect(answer.body).toMatchObject({
      reason: 'Invalid',
      details: { name: 'bad', group: 'apps', kind: 'Deployment', causes: [{ reason: 'FieldValueInvalid' }] },
    });
    expect(answer.text).toContain('`selector` does not match template `labels`');
  });

  it('refuses to create a named or an all-namespaces path', async () => {
    for (const url of [`${pods}/x`, '/api/v1/pods']) {
      const { code, body } = await api.call('POST', url, { body: podBody('x') });
      expect(code).toBe(405);
      expect(body).toMatchObject({
        reason: 'MethodNotAllowed',
        message: 'the server does not allow this method on the requested resource',
      });
    }
  });

  it('does everything but save in a dry run', async () => {
    const { code, body } = await api.call<Meta>('POST', `${pods}?dryRun=All`, { body: podBody('dry') });
    expect(code).toBe(201);
    expect(body.metadata).toMatchObject({ name: 'dry' });
    expect(body.metadata).not.toHaveProperty('resourceVersion');
    expect((await api.call('GET', `${pods}/dry`)).code).toBe(404);
    expect((await api.call('POST', `${pods}?dryRun=yes`, { body: podBody('dry') })).code).toBe(422);
  });

  it('takes YAML', async () => {
    const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-yaml\ndata: {a: "1"}\n';
    const answer = await api.call('POST', configMaps, { body, contentType: 'application/yaml' });
    expect(answer.code).toBe(201);
    expect(answer.body).toMatchObject({ metadata: { name: 'from-yaml' }, data: { a: '1' } });
  });

  it('lets many creations of one name succeed once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => api.call('POST', configMaps, { body: configMapBody('race') })),
    );
    expect(answers.filter(({ code }) => code === 201)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 409)).toHaveLength(19);
  });
});

describe('field validation', () => {
  let api: TestApi;
  const url = '/api/v1/namespaces/default/configmaps';
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const typo = (name: string) => ({ ...configMapBody(name), dta: {} });

  it('refuses unknown fields when strict', async () => {
    const { code, body } = await api.call('POST', `${url}?fieldValidation=Strict`, { body: typo('a') });
    expect(code).toBe(400);
    expect(body).toMatchObject({
      reason: 'BadRequest',
      message: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dta"',
    });
  });

  it('refuses duplicate fields when strict', async () => {
    const body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"},"data":{"x":"1"},"data":{"y":"2"}}';
    const { code, text } = await api.call('POST', `${url}?fieldValidation=Strict`, { body });
    expect(code).toBe(400);
    expect(text).toContain('duplicate field \\"data\\"');
  });

  it('warns by default', async () => {
    const { code, headers } = await api.call('POST', url, { body: typo('c') });
    expect(code).toBe(201);
    expect([headers.warning].flat()).toEqual(['299 - "unknown field \\"dta\\""']);
  });

  it('says nothing when told to ignore', async () => {
    const { code, headers } = await api.call('POST', `${url}?fieldValidation=Ignore`, { body: typo('d') });
    expect(code).toBe(201);
    expect(headers).not.toHaveProperty('warning');
  });

  it('refuses a validation that does not exist', async () => {
    expect((await api.call('POST', `${url}?fieldValidation=Maybe`, { body: typo('e') })).code).toBe(422);
  });
});
