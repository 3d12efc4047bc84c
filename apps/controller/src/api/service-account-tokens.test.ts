import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApi, podBody, type TestApi, tokens } from './testing/test-api.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are checked field by field, whatever their kind
type Any = any;

const accounts = '/api/v1/namespaces/default/serviceaccounts';
const pods = '/api/v1/namespaces/default/pods';

describe('tokens of service accounts', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    for (const name of ['web', 'other']) {
      await api.call('POST', accounts, { body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } } });
    }
    await api.call('POST', pods, { body: podBody('p', { spec: { serviceAccountName: 'web' } }) });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const request = (spec: object = {}, name = 'web', token: string = tokens.admin) =>
    api.call<Any>('POST', `${accounts}/${name}/token`, {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
      token,
    });
  const tokenOf = async (spec: object = {}, name = 'web'): Promise<string> =>
    (await request(spec, name)).body.status.token;
  const whoAmI = (token: string) =>
    api.call<Any>('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: {}, token });
  const review = (token: string, audiences: string[] = []) =>
    api.call<Any>('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences } },
    });

  it('are issued to who asks, and are the account', async () => {
    const { code, body } = await request({ expirationSeconds: 600 });
    expect(code).toBe(201);
    expect(body).toMatchObject({
      kind: 'TokenRequest',
      metadata: { name: 'web', namespace: 'default' },
      spec: { audiences: ['https://kubernetes.default.svc.cluster.local'], expirationSeconds: 600 },
      status: { expirationTimestamp: '2026-11-21T12:10:00Z' },
    });
    expect((await whoAmI(body.status.token)).body.status.userInfo).toMatchObject({
      username: 'system:serviceaccount:default:web',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    });
  });

  it.each<[string, object, string, number, string]>([
    [
      'too short a life',
      { expirationSeconds: 60 },
      'web',
      422,
      'TokenRequest.authentication.k8s.io "web" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    ],
    ['an account that is not there', {}, 'nobody', 404, 'serviceaccounts "nobody" not found'],
    ['a pod that is not there', { boundObjectRef: { kind: 'Pod', name: 'q' } }, 'web', 404, 'pods "q" not found'],
    [
      'a pod of another account',
      { boundObjectRef: { kind: 'Pod', name: 'p' } },
      'other',
      400,
      'cannot bind token for serviceaccount "other" to pod running with different serviceaccount name.',
    ],
    [
      'a pod that was there before',
      { boundObjectRef: { kind: 'Pod', name: 'p', uid: 'old' } },
      'web',
      409,
      'Operation cannot be fulfilled on pods "p": the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated',
    ],
  ])('are refused for %s', async (_what, spec, name, code, message) => {
    const answer = await request(spec, name);
    expect([answer.code, answer.body.message]).toEqual([code, message]);
  });

  it('may do what kubectl may, but for the Secrets and tokens of other namespaces', async () => {
    const token = await tokenOf();
    const codeOf = async (method: string, url: string, body?: object) =>
      (await api.call(method, url, { token, ...(body ? { body } : {}) })).code;
    expect(await codeOf('GET', pods)).toBe(200);
    expect(await codeOf('GET', '/api/v1/namespaces/default/secrets')).toBe(200);
    expect(await codeOf('GET', '/api/v1/namespaces/kube-system/secrets')).toBe(403);
    expect(await codeOf('GET', '/api/v1/secrets')).toBe(403);
    const elsewhere = '/api/v1/namespaces/kube-system/serviceaccounts/default/token';
    expect(await codeOf('POST', elsewhere, { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1' })).toBe(403);
  });

  it('end with the pod that they are bound to, and with their account', async () => {
    await api.call('POST', pods, { body: podBody('short', { spec: { serviceAccountName: 'web' } }) });
    const bound = await tokenOf({ boundObjectRef: { kind: 'Pod', name: 'short' } });
    const extra = (await whoAmI(bound)).body.status.userInfo.extra;
    expect(extra['authentication.kubernetes.io/pod-name']).toEqual(['short']);
    await api.call('DELETE', `${pods}/short`);
    expect((await whoAmI(bound)).code).toBe(401);
    const free = await tokenOf({}, 'other');
    await api.call('DELETE', `${accounts}/other`);
    expect((await whoAmI(free)).code).toBe(401);
  });

  it('are for the audience they name, as TokenReview tells', async () => {
    const token = await tokenOf({ audiences: ['vault'] });
    expect((await whoAmI(token)).code).toBe(401);
    expect((await review(token)).body.status).toMatchObject({ error: 'the token is not valid' });
    expect((await review(token, ['vault', 'db'])).body.status).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
      user: { username: 'system:serviceaccount:default:web' },
    });
  });

  it('are described for others to check', async () => {
    const { body } = await api.call<Any>('GET', '/.well-known/openid-configuration');
    expect(body).toMatchObject({ issuer: 'https://kubernetes.default.svc.cluster.local' });
    const keys = await api.call<Any>('GET', '/openid/v1/jwks');
    expect(keys.headers['content-type']).toBe('application/jwk-set+json');
    expect(keys.body.keys).toMatchObject([{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }]);
  });

  it('let the admin see what an account may do', async () => {
    const access = (body: object) =>
      api.call<Any>('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body });
    const ask = (namespace: string) =>
      access({
        spec: {
          user: 'system:serviceaccount:default:web',
          resourceAttributes: { verb: 'get', resource: 'secrets', namespace },
        },
      });
    expect((await ask('default')).body.status.allowed).toBe(true);
    expect((await ask('kube-system')).body.status.allowed).toBe(false);
    const asReader = await api.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
      body: { spec: { token: 'x' } },
      token: tokens.reader,
    });
    expect(asReader.code).toBe(403);
  });
});
