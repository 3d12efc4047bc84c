import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApi, podBody, type TestApi } from '../testing/test-api.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are checked field by field, whatever their kind
type Any = any;

const services = '/api/v1/namespaces/default/services';
const service = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
});

describe('service addresses', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi({ serviceCidr: '10.0.0.0/28', nodePortRange: [30_000, 30_002] });
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const post = (body: object) => api.call<Any>('POST', services, { body });

  it('gives the first address to the kubernetes Service', async () => {
    expect((await api.client.get('services', 'default', 'kubernetes')).spec.clusterIP).toBe('10.0.0.1');
  });

  it('gives each Service an address of its own', async () => {
    const one = await post(service('one'));
    const two = await post(service('two'));
    expect(one.body.spec.clusterIP).toMatch(/^10\.0\.0\.\d+$/);
    expect(one.body.spec.clusterIPs).toEqual([one.body.spec.clusterIP]);
    expect(two.body.spec.clusterIP).not.toBe(one.body.spec.clusterIP);
  });

  it('gives none to headless and external ones', async () => {
    expect((await post(service('headless', { clusterIP: 'None' }))).body.spec.clusterIP).toBe('None');
    const external = await post(
      service('external', { type: 'ExternalName', externalName: 'example.com', ports: undefined }),
    );
    expect(external.body.spec).not.toHaveProperty('clusterIP');
  });

  it('gives an address that is asked for, once', async () => {
    const asked = await post(service('asked', { clusterIP: '10.0.0.9' }));
    expect(asked.body.spec.clusterIP).toBe('10.0.0.9');
    const again = await post(service('again', { clusterIP: '10.0.0.9' }));
    expect(again.code).toBe(422);
    expect(again.body.message).toContain('provided IP is already allocated');
    const outside = await post(service('outside', { clusterIP: '192.168.0.1' }));
    expect(outside.code).toBe(422);
    expect(outside.body.message).toContain('The range of valid IPs is 10.0.0.0/28');
  });

  it('takes an address back when its Service goes', async () => {
    await api.call('DELETE', `${services}/asked`);
    expect((await post(service('after', { clusterIP: '10.0.0.9' }))).code).toBe(201);
  });

  it('keeps the address through updates that do not name it, and refuses another', async () => {
    const { body } = await api.call<Any>('GET', `${services}/one`);
    const replaced = await api.call<Any>('PUT', `${services}/one`, { body: service('one', { ports: [{ port: 81 }] }) });
    expect(replaced.code).toBe(200);
    expect(replaced.body.spec.clusterIP).toBe(body.spec.clusterIP);
    const moved = await api.call<Any>('PATCH', `${services}/one`, {
      body: { spec: { clusterIP: '10.0.0.12', clusterIPs: ['10.0.0.12'] } },
      contentType: 'application/merge-patch+json',
    });
    expect(moved.code).toBe(422);
  });

  it('gives node ports where the type asks for them, and says when there are no more', async () => {
    const nodePort = await post(service('np', { type: 'NodePort' }));
    expect(nodePort.body.spec.ports[0].nodePort).toBeGreaterThanOrEqual(30_000);
    const taken = await post(
      service('np2', { type: 'NodePort', ports: [{ port: 80, nodePort: nodePort.body.spec.ports[0].nodePort }] }),
    );
    expect(taken.code).toBe(422);
    expect(taken.body.message).toContain('provided port is already allocated');
    const outside = await post(service('np3', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }));
    expect(outside.body.message).toContain('The range of valid ports is 30000-30002');
    expect((await post(service('np4', { type: 'NodePort' }))).code).toBe(201);
    expect((await post(service('np5', { type: 'NodePort' }))).code).toBe(201);
    expect((await post(service('np6', { type: 'NodePort' }))).code).toBe(422);
  });

  it('exposes and hides an existing Service', async () => {
    await api.call('DELETE', `${services}/np5`);
    const patch = (type: string) =>
      api.call<Any>('PATCH', `${services}/two`, {
        body: { spec: { type } },
        contentType: 'application/merge-patch+json',
      });
    const exposed = await patch('NodePort');
    expect(exposed.code).toBe(200);
    expect(exposed.body.spec.ports[0].nodePort).toBeGreaterThanOrEqual(30_000);
    const hidden = await patch('ClusterIP');
    expect(hidden.body.spec.ports[0]).not.toHaveProperty('nodePort');
    expect((await post(service('np7', { type: 'NodePort' }))).code).toBe(201);
  });

  it('gives back what a refused or dry write had been given', async () => {
    const before = await post(service('probe'));
    await api.call('DELETE', `${services}/probe`);
    for (let i = 0; i < 30; i += 1) {
      await post(service('Bad_Name'));
      await api.call('POST', `${services}?dryRun=All`, { body: service('dry') });
    }
    expect((await post(service('probe', { clusterIP: before.body.spec.clusterIP }))).code).toBe(201);
  });

  it('says when the range is full', async () => {
    let answer = await post(service('fill-0'));
    for (let i = 1; i < 20 && answer.code === 201; i += 1) answer = await post(service(`fill-${i}`));
    expect(answer.code).toBe(422);
    expect(answer.body.message).toContain('range is full');
  });
});

describe('pod admission', () => {
  let api: TestApi;
  const pods = '/api/v1/namespaces/default/pods';
  beforeAll(async () => {
    api = await createTestApi({ tolerationSeconds: 7 });
    await api.client.create('serviceaccounts', {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'puller', namespace: 'default' },
      imagePullSecrets: [{ name: 'registry' }],
    });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  it('takes pull secrets from the service account', async () => {
    const { body } = await api.call<Any>('POST', pods, {
      body: podBody('a', { spec: { serviceAccountName: 'puller' } }),
    });
    expect(body.spec.imagePullSecrets).toEqual([{ name: 'registry' }]);
  });

  it('adds only the tolerations that are missing', async () => {
    const own = {
      key: 'node.kubernetes.io/not-ready',
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 600,
    };
    const { body } = await api.call<Any>('POST', pods, { body: podBody('b', { spec: { tolerations: [own] } }) });
    expect(body.spec.tolerations).toEqual([
      own,
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 7 },
    ]);
    const all = await api.call<Any>('POST', pods, {
      body: podBody('c', { spec: { tolerations: [{ operator: 'Exists' }] } }),
    });
    expect(all.body.spec.tolerations).toEqual([{ operator: 'Exists' }]);
  });

  it('knows the built-in priority classes', async () => {
    const body = podBody('d', { spec: { priorityClassName: 'system-cluster-critical' } });
    expect((await api.call<Any>('POST', pods, { body })).body.spec.priority).toBe(2_000_000_000);
    expect((await api.call('POST', pods, { body: podBody('e', { spec: { priority: 5 } }) })).code).toBe(403);
  });
});

describe('classes', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const post = (url: string, body: object) => api.call<Any>('POST', url, { body });
  it('of Ingresses: one that names none gets the default', async () => {
    await post('/apis/networking.k8s.io/v1/ingressclasses', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'edge', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
      spec: { controller: 'example.com/edge' },
    });
    const ingress = (name: string, extra: object = {}) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, ...extra },
      spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
    });
    const url = '/apis/networking.k8s.io/v1/namespaces/default/ingresses';
    expect((await post(url, ingress('a'))).body.spec.ingressClassName).toBe('edge');
    const annotations = { 'kubernetes.io/ingress.class': 'other' };
    expect((await post(url, ingress('b', { annotations }))).body.spec).not.toHaveProperty('ingressClassName');
  });

  it('of priority: a pod gets the value of its class, or of the default one', async () => {
    const url = '/apis/scheduling.k8s.io/v1/priorityclasses';
    const priorityClass = (name: string, value: number, extra: object = {}) => ({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value,
      ...extra,
    });
    expect((await api.call<Any>('GET', url)).body.items).toHaveLength(2);
    await post(url, priorityClass('high', 1000, { preemptionPolicy: 'Never' }));
    await post(url, priorityClass('usual', 5, { globalDefault: true }));
    const pods = '/api/v1/namespaces/default/pods';
    const high = await post(pods, podBody('high', { spec: { priorityClassName: 'high' } }));
    expect(high.body.spec).toMatchObject({ priority: 1000, preemptionPolicy: 'Never' });
    const usual = await post(pods, podBody('usual'));
    expect(usual.body.spec).toMatchObject({ priority: 5, priorityClassName: 'usual' });
  });
});
