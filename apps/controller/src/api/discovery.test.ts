import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApi, type TestApi, tokens } from './testing/test-api.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are checked field by field, whatever their kind
type Any = any;

describe('describing the API', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const get = (url: string, accept?: string) => api.call<Any>('GET', url, accept ? { accept } : {});

  it('tells its version with digits only', async () => {
    const { body } = await get('/version');
    expect(body.major).toMatch(/^\d+$/);
    expect(body.minor).toMatch(/^\d+$/);
    expect(body.gitVersion).toMatch(/^v1\.36\.\d+/);
  });

  it('lists versions, groups and resources', async () => {
    expect((await get('/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    const groups = (await get('/apis')).body.groups.map((group: Any) => group.preferredVersion.groupVersion);
    expect(groups).toEqual(
      expect.arrayContaining(['apps/v1', 'coordination.k8s.io/v1', 'discovery.k8s.io/v1', 'authorization.k8s.io/v1']),
    );
    expect((await get('/apis/apps')).body).toMatchObject({ kind: 'APIGroup', name: 'apps' });
    const { body } = await get('/apis/apps/v1');
    expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'apps/v1' });
    expect(body.resources).toContainEqual(
      expect.objectContaining({ name: 'deployments', kind: 'Deployment', shortNames: ['deploy'], namespaced: true }),
    );
    expect(body.resources).toContainEqual(
      expect.objectContaining({ name: 'deployments/scale', kind: 'Scale', group: 'autoscaling', version: 'v1' }),
    );
    const core = (await get('/api/v1')).body.resources;
    expect(core).toContainEqual(
      expect.objectContaining({ name: 'pods/eviction', kind: 'Eviction', group: 'policy', version: 'v1' }),
    );
  });

  it.each(['v2', 'v2beta1'])('aggregates discovery as %s', async (version) => {
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    const { body, headers } = await get('/apis', `${type},application/json`);
    expect(headers['content-type']).toBe(type);
    expect(body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}` });
    const apps = body.items.find((item: Any) => item.metadata.name === 'apps');
    const deployments = apps.versions[0].resources.find((resource: Any) => resource.resource === 'deployments');
    expect(deployments).toMatchObject({
      responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' },
      scope: 'Namespaced',
      singularResource: 'deployment',
    });
    expect(deployments.subresources.map((sub: Any) => sub.subresource).sort()).toEqual(['scale', 'status']);
    const legacy = await get('/api', `${type},application/json`);
    expect(legacy.body.items[0].versions[0].resources.map((resource: Any) => resource.resource)).toContain('pods');
  });

  it('prefers what the client lists first', async () => {
    const accept = ['v2', 'v2beta1'].map(
      (v) => `application/json;g=apidiscovery.k8s.io;v=${v};as=APIGroupDiscoveryList`,
    );
    expect((await get('/apis', accept.join(','))).body.apiVersion).toBe('apidiscovery.k8s.io/v2');
    expect((await get('/apis', 'application/json')).body.kind).toBe('APIGroupList');
  });

  it('answers unknown paths as text and unknown resources as a Status', async () => {
    for (const url of ['/apis/nope/v1', '/apis/nope/v1/things', '/api/v2', '/somewhere', '/apis/apps/v9/deployments']) {
      const { code, text, headers } = await get(url);
      expect([url, code, text.trim()]).toEqual([url, 404, '404 page not found']);
      expect(headers['content-type']).toContain('text/plain');
    }
    for (const url of [
      '/api/v1/things',
      '/apis/apps/v1/namespaces/default/things/x',
      '/api/v1/pods/x',
      '/api/v1/namespaces/default/nodes',
    ]) {
      const { code, body } = await get(url);
      expect([url, code]).toEqual([url, 404]);
      expect(body).toMatchObject({
        kind: 'Status',
        reason: 'NotFound',
        message: 'the server could not find the requested resource',
      });
    }
  });

  it('answers health without credentials and nothing else', async () => {
    for (const url of ['/healthz', '/livez', '/readyz']) {
      const { code, text } = await api.call('GET', url, { token: '' });
      expect([code, text]).toEqual([200, 'ok']);
    }
    expect((await api.call('GET', '/readyz?verbose', { token: '' })).text).toContain('check passed');
    for (const url of ['/version', '/api', '/apis', '/openapi/v2', '/api/v1/pods', '/nowhere', '/']) {
      const { code, body } = await api.call('GET', url, { token: '' });
      expect([url, code]).toEqual([url, 401]);
      expect(body).toMatchObject({ kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized', code: 401 });
    }
  });

  it('answers who one is and what one may', async () => {
    const post = (url: string, body: object, token: string = tokens.admin) =>
      api.call<Any>('POST', url, { body, token });
    const whoami = await post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
    expect(whoami.code).toBe(201);
    expect(whoami.body.status.userInfo).toMatchObject({ username: 'kubernetes-admin' });
    const canI = async (verb: string, resource: string, token: string = tokens.admin) =>
      (
        await post(
          '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
          { spec: { resourceAttributes: { verb, resource, namespace: 'default' } } },
          token,
        )
      ).body.status.allowed;
    expect(await canI('delete', 'pods')).toBe(true);
    expect(await canI('get', 'pods', tokens.reader)).toBe(true);
    expect(await canI('delete', 'pods', tokens.reader)).toBe(false);
    expect(await canI('get', 'secrets', tokens.reader)).toBe(false);
    const rules = await post('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      spec: { namespace: 'default' },
    });
    expect(rules.body.status).toMatchObject({ resourceRules: [{ verbs: ['*'], resources: ['*'] }], incomplete: false });
    expect((await get('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews')).code).toBe(405);
  });
});

describe('access', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  it('refuses a wrong token', async () => {
    expect((await api.call('GET', '/api/v1/pods', { token: 'wrong' })).code).toBe(401);
  });

  it('lets readers read', async () => {
    expect((await api.call('GET', '/api/v1/pods', { token: tokens.reader })).code).toBe(200);
    const { code, body } = await api.call('DELETE', '/api/v1/namespaces/default/pods/x', { token: tokens.reader });
    expect(code).toBe(403);
    expect(body).toMatchObject({
      reason: 'Forbidden',
      message:
        'pods "x" is forbidden: User "reader" cannot delete resource "pods" in API group "" in the namespace "default"',
      details: { name: 'x', kind: 'pods' },
    });
  });

  it('says it as Kubernetes does for lists at the cluster scope', async () => {
    const { body } = await api.call('GET', '/apis/apps/v1/deployments', { token: tokens.node });
    expect(body).toMatchObject({
      message:
        'deployments.apps is forbidden: User "system:node:node-1" cannot list resource "deployments" in API group "apps" at the cluster scope',
    });
  });

  it('lets the admin, and nobody else, act as somebody else', async () => {
    const asBob = { 'impersonate-user': 'bob' };
    const refused = await api.call('GET', '/api/v1/pods', { headers: asBob });
    expect(refused.body).toMatchObject({ code: 403, message: expect.stringContaining('User "bob" cannot list') });
    const asMaster = { ...asBob, 'impersonate-group': 'system:masters' };
    expect((await api.call('GET', '/api/v1/pods', { headers: asMaster })).code).toBe(200);
    const reader = await api.call('GET', '/api/v1/pods', { headers: asMaster, token: tokens.reader });
    expect(reader.body).toMatchObject({
      code: 403,
      message:
        'users "bob" is forbidden: User "reader" cannot impersonate resource "users" in API group "" at the cluster scope',
    });
  });

  it('shows an agent nothing but its own node and pods', async () => {
    const get = async (url: string) => (await api.call('GET', url, { token: tokens.node })).code;
    expect(await get('/api/v1/nodes/node-1')).toBe(404);
    expect(await get('/api/v1/nodes/node-2')).toBe(403);
    expect(await get('/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1')).toBe(200);
    expect(await get('/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-2')).toBe(403);
    expect(await get('/api/v1/pods')).toBe(403);
    expect(await get('/api/v1/secrets')).toBe(403);
  });
});

describe('OpenAPI', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

  it('serves v2 as JSON and as protobuf, without an @ in the content type', async () => {
    const json = await api.call<Any>('GET', '/openapi/v2');
    expect(json.body.swagger).toBe('2.0');
    expect(Object.keys(json.body.definitions)).toContain('io.k8s.api.apps.v1.Deployment');
    const encoded = await api.call('GET', '/openapi/v2', { accept: protobuf });
    expect(encoded.code).toBe(200);
    expect(encoded.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    expect((await api.call('GET', '/openapi/v2', { accept: 'text/html' })).code).toBe(406);
  });

  it('serves v3 by group version, cacheable by its hash', async () => {
    const index = await api.call<Any>('GET', '/openapi/v3');
    expect(Object.keys(index.body.paths)).toEqual(expect.arrayContaining(['api/v1', 'apis/apps/v1']));
    const document = await api.call<Any>('GET', index.body.paths['apis/apps/v1'].serverRelativeURL);
    expect(document.body.openapi).toMatch(/^3\.0/);
    expect(document.headers['cache-control']).toContain('immutable');
    const etag = String(document.headers.etag);
    const again = await api.call('GET', '/openapi/v3/apis/apps/v1', { headers: { 'if-none-match': etag } });
    expect(again.code).toBe(304);
    expect((await api.call('GET', '/openapi/v3/apis/nope/v1')).code).toBe(404);
  });
});
