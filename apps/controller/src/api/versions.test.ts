import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApi, type TestApi } from './testing/test-api.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are checked field by field, whatever their kind
type Any = any;

const v1 = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
const v2 = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';

describe('a kind of two versions', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  it('is written in either and read in both', async () => {
    const spec = {
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      maxReplicas: 5,
      targetCPUUtilizationPercentage: 70,
    };
    const body = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' }, spec };
    const created = await api.call<Any>('POST', v1, { body });
    expect(created.code).toBe(201);
    expect(created.body).toMatchObject({ apiVersion: 'autoscaling/v1', spec: { ...spec, minReplicas: 1 } });
    const newer = await api.call<Any>('GET', `${v2}/web`);
    expect(newer.body).toMatchObject({
      apiVersion: 'autoscaling/v2',
      spec: { metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 70 } } }] },
    });
    const list = await api.call<Any>('GET', v1);
    expect(list.body).toMatchObject({ kind: 'HorizontalPodAutoscalerList', apiVersion: 'autoscaling/v1' });
    expect(list.body.items).toMatchObject([{ spec: { targetCPUUtilizationPercentage: 70 } }]);
  });

  it('is patched in the version that the path names', async () => {
    const patched = await api.call<Any>('PATCH', `${v1}/web`, {
      body: { spec: { targetCPUUtilizationPercentage: 30 } },
      contentType: 'application/strategic-merge-patch+json',
    });
    expect([patched.code, patched.body.spec.targetCPUUtilizationPercentage]).toEqual([200, 30]);
    const { body } = await api.call<Any>('GET', `${v2}/web`);
    expect(body.spec.metrics[0].resource.target.averageUtilization).toBe(30);
    const unchanged = await api.call<Any>('PUT', `${v1}/web`, { body: patched.body });
    expect(unchanged.body.metadata.resourceVersion).toBe(patched.body.metadata.resourceVersion);
  });

  it('is discovered in both, the newer preferred', async () => {
    const group = await api.call<Any>('GET', '/apis/autoscaling');
    expect(group.body.preferredVersion.version).toBe('v2');
    expect(group.body.versions.map((it: Any) => it.version)).toEqual(['v2', 'v1']);
    const list = await api.call<Any>('GET', '/apis/autoscaling/v1');
    expect(list.body.resources.map((it: Any) => it.name)).toEqual([
      'horizontalpodautoscalers',
      'horizontalpodautoscalers/status',
    ]);
    const document = await api.call<Any>('GET', '/openapi/v3/apis/autoscaling/v1');
    expect(Object.keys(document.body.components.schemas)).toContain(
      'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
    );
  });
});
