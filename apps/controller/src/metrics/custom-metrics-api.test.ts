import type { WantedMetrics } from '@gantry/api-types/scrape';
import { describe, expect, it } from 'vitest';
import { tokens } from '../api/testing/test-api.ts';
import { createTestMetrics, type TestMetrics } from './testing/test-metrics.ts';

const root = '/apis/custom.metrics.k8s.io/v1beta2';
const inDefault = `${root}/namespaces/default`;
const now = '2026-11-21T12:00:00Z';

/** What an agent found at a pod: a gauge by its label. */
function found(test: TestMetrics, uid: string, depths: Readonly<Record<string, number>>): void {
  const series = Object.entries(depths).map(([queue, value]) => ({ name: 'queue_depth', labels: { queue }, value }));
  test.metrics.custom.record([{ uid, at: test.api.clock.now(), series }]);
}

describe('custom.metrics.k8s.io', () => {
  it('has what a pod’s endpoint said, its series added up', async () => {
    await using test = await createTestMetrics();
    const uid = await test.createPod('web');
    found(test, uid, { a: 1.5, b: 2 });
    const { body } = await test.api.call('GET', `${inDefault}/pods/web/queue_depth`);
    expect(body).toEqual({
      kind: 'MetricValueList',
      apiVersion: 'custom.metrics.k8s.io/v1beta2',
      metadata: {},
      items: [
        {
          describedObject: { kind: 'Pod', namespace: 'default', name: 'web', apiVersion: '/v1' },
          metric: { name: 'queue_depth', selector: null },
          timestamp: now,
          value: '3500m',
          selector: null,
        },
      ],
    });
    const picked = await test.api.call<{ items: { value: string }[] }>(
      'GET',
      `${inDefault}/pods/web/queue_depth?metricLabelSelector=queue%3Db`,
    );
    expect(picked.body.items.map(({ value }) => value)).toEqual(['2']);
  });

  it('has many pods by their labels, and what stands before them added up', async () => {
    await using test = await createTestMetrics();
    const labels = { app: 'web' };
    found(test, await test.createPod('web-1', { labels }), { a: 1 });
    found(test, await test.createPod('web-2', { labels }), { a: 2 });
    found(test, await test.createPod('other'), { a: 40 });
    const spec = { selector: labels, ports: [{ port: 80 }] };
    const metadata = { name: 'web' };
    await test.api.call('POST', '/api/v1/namespaces/default/services', {
      body: { apiVersion: 'v1', kind: 'Service', metadata, spec },
    });
    const backend = { service: { name: 'web', port: { number: 80 } } };
    await test.api.call('POST', '/apis/networking.k8s.io/v1/namespaces/default/ingresses', {
      body: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec: { defaultBackend: backend } },
    });
    // Lists of informers are in no particular order.
    const valuesAt = async (path: string) => {
      const { body } = await test.api.call<{ items: { describedObject: { name: string }; value: string }[] }>(
        'GET',
        `${inDefault}/${path}`,
      );
      return body.items.map(({ describedObject, value }) => `${describedObject.name}=${value}`);
    };
    expect(await valuesAt('pods/*/queue_depth')).toEqual(expect.arrayContaining(['other=40', 'web-1=1', 'web-2=2']));
    expect(await valuesAt('pods/*/queue_depth?labelSelector=app%3Dweb')).toEqual(
      expect.arrayContaining(['web-1=1', 'web-2=2']),
    );
    expect(await valuesAt('services/web/queue_depth')).toEqual(['web=3']);
    expect(await valuesAt('ingresses.networking.k8s.io/web/queue_depth')).toEqual(['web=3']);
  });

  it('collects what somebody asks for, for five minutes', async () => {
    await using test = await createTestMetrics();
    const told: (readonly WantedMetrics[])[] = [];
    test.metrics.custom.wanted.subscribe((items) => told.push(items));
    await test.createPod('web');
    const { body } = await test.api.call<{ code: number; message: string }>('GET', `${inDefault}/pods/web/hits`);
    expect(body).toMatchObject({ code: 404 });
    expect(body.message).toMatch(/^no value of metric hits for pods: it is collected from now on/);
    expect(told).toEqual([[{ namespace: 'default', names: ['hits', 'hits_total'] }]]);
    test.api.clock.advance(4 * 60_000);
    await test.api.call('GET', `${inDefault}/pods/web/hits`);
    test.api.clock.advance(4 * 60_000);
    expect(told).toHaveLength(1);
    test.api.clock.advance(60_001);
    expect(told.at(-1)).toEqual([]);
  });

  it('says why a pod’s endpoint has no value', async () => {
    await using test = await createTestMetrics();
    const uid = await test.createPod('web');
    const problem = 'http://10.0.0.1:80/metrics: connect ECONNREFUSED 10.0.0.1:80';
    test.metrics.custom.record([{ uid, at: 0, series: [], problem }]);
    const { body } = await test.api.call('GET', `${inDefault}/pods/web/hits`);
    expect(body).toMatchObject({ message: `no value of metric hits for pods: ${problem}` });
  });

  it('is listed with what is collected', async () => {
    await using test = await createTestMetrics();
    found(test, await test.createPod('web'), { a: 1 });
    const { body } = await test.api.call<{ resources: { name: string }[] }>('GET', root);
    expect(body.resources.map(({ name }) => name)).toEqual(['pods/*', 'pods/queue_depth']);
  });

  it('is for readers, and has no other paths', async () => {
    await using test = await createTestMetrics();
    found(test, await test.createPod('web'), { a: 1 });
    const codeOf = async (path: string, token: string = tokens.reader) =>
      (await test.api.call('GET', path, { token })).code;
    expect(await codeOf(`${inDefault}/pods/web/queue_depth`)).toBe(200);
    expect(await codeOf(`${inDefault}/pods/web/queue_depth`, tokens.node)).toBe(403);
    for (const path of [`${inDefault}/pods/web`, `${inDefault}/secrets/a/queue_depth`, `${root}/pods/web/x`]) {
      expect({ path, code: await codeOf(path, tokens.admin) }).toEqual({ path, code: 404 });
    }
  });
});

describe('external.metrics.k8s.io', () => {
  it('has the series of the namespace’s exporters, picked by their labels', async () => {
    await using test = await createTestMetrics();
    const exporter = await test.createPod('exporter', { annotations: { 'gantry.io/external-metrics': 'true' } });
    found(test, exporter, { a: 5, b: 6 });
    found(test, await test.createPod('web'), { c: 7 });
    const path = '/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue_depth';
    const itemOf = (queue: string, value: string) => ({
      metricName: 'queue_depth',
      metricLabels: { queue },
      timestamp: now,
      value,
    });
    expect((await test.api.call('GET', path)).body).toEqual({
      kind: 'ExternalMetricValueList',
      apiVersion: 'external.metrics.k8s.io/v1beta1',
      metadata: {},
      items: [itemOf('a', '5'), itemOf('b', '6')],
    });
    const picked = await test.api.call('GET', `${path}?labelSelector=queue%20in%20(b)`);
    expect(picked.body).toMatchObject({ items: [itemOf('b', '6')] });
    expect(test.metrics.externalMetric('default', 'queue_depth', { matchLabels: { queue: 'a' } })).toMatchObject([
      { value: 5 },
    ]);
  });
});

describe('what autoscalers ask for', () => {
  it('is collected for as long as they ask', async () => {
    await using test = await createTestMetrics();
    const told: (readonly WantedMetrics[])[] = [];
    test.metrics.custom.wanted.subscribe((items) => told.push(items));
    const path = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
    const metric = { name: 'hits_per_second' };
    const target = { type: 'AverageValue', averageValue: '10' };
    const body = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        maxReplicas: 3,
        metrics: [{ type: 'Pods', pods: { metric, target } }],
      },
    };
    expect((await test.api.call('POST', path, { body })).code).toBe(201);
    test.api.clock.advance(100);
    const names = ['hits_per_second', 'hits_per_second_total', 'hits_total'];
    expect(told).toEqual([[{ namespace: 'default', names }]]);
    const late: (readonly WantedMetrics[])[] = [];
    test.metrics.custom.wanted.subscribe((items) => late.push(items));
    expect(late).toEqual(told);
    await test.api.call('DELETE', `${path}/web`);
    test.api.clock.advance(100);
    expect(told.at(-1)).toEqual([]);
  });
});
