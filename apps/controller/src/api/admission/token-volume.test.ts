import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApi, podBody, type TestApi } from '../testing/test-api.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are checked field by field, whatever their kind
type Any = any;

const pods = '/api/v1/namespaces/default/pods';
const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

describe('the volume with the token', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi({ mountsServiceAccountTokens: true });
    const quiet = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'quiet' } };
    const body = { ...quiet, automountServiceAccountToken: false };
    await api.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body });
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const create = async (name: string, spec: object = {}): Promise<Any> =>
    (await api.call<Any>('POST', pods, { body: podBody(name, { spec }) })).body.spec;

  it('is where client libraries look for it', async () => {
    const spec = await create('a');
    const [volume] = spec.volumes;
    expect(volume.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(volume.projected).toEqual({
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    });
    expect(spec.containers[0].volumeMounts).toEqual([{ name: volume.name, readOnly: true, mountPath }]);
  });

  it('is left out where the pod, its account or its container says so', async () => {
    expect(await create('b', { automountServiceAccountToken: false })).not.toHaveProperty('volumes');
    expect(await create('c', { serviceAccountName: 'quiet' })).not.toHaveProperty('volumes');
    expect(await create('d', { serviceAccountName: 'quiet', automountServiceAccountToken: true })).toHaveProperty(
      'volumes',
    );
    const own = { name: 'c', image: 'a:1', volumeMounts: [{ name: 'mine', mountPath }] };
    expect((await create('e', { containers: [own], volumes: [{ name: 'mine' }] })).volumes).toHaveLength(1);
  });
});
