import { describe, expect, it } from 'vitest';
import { tokens } from '../api/testing/test-api.ts';
import { createTestMetrics } from './testing/test-metrics.ts';

const root = '/apis/metrics.k8s.io/v1beta1';

describe('metrics.k8s.io', () => {
  it('is found by discovery, aggregated too', async () => {
    await using test = await createTestMetrics();
    const { body } = await test.api.call<{ resources: object[] }>('GET', root);
    expect(body.resources).toEqual([
      { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
      { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
    ]);
    const groups = await test.api.call<{ groups: { name: string }[] }>('GET', '/apis');
    expect(groups.body.groups.map(({ name }) => name)).toContain('metrics.k8s.io');
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    expect((await test.api.call('GET', '/apis', { accept })).text).toContain(
      '"responseKind":{"group":"metrics.k8s.io"',
    );
  });

  it('is described by OpenAPI', async () => {
    await using test = await createTestMetrics();
    const index = await test.api.call<{ paths: Record<string, { serverRelativeURL: string }> }>('GET', '/openapi/v3');
    const { serverRelativeURL = '' } = index.body.paths['apis/metrics.k8s.io/v1beta1'] ?? {};
    const { body } = await test.api.call<{ paths: object; components: { schemas: object } }>('GET', serverRelativeURL);
    expect(Object.keys(body.paths)).toContain(`${root}/namespaces/{namespace}/pods/{name}`);
    expect(Object.keys(body.components.schemas)).toContain('io.k8s.api.metrics.v1beta1.PodMetrics');
    expect((await test.api.call('GET', '/openapi/v2')).text).toContain('io.k8s.api.metrics.v1beta1.NodeMetrics');
  });

  it('has what pods used in the last fifteen seconds, by container', async () => {
    await using test = await createTestMetrics();
    const uid = await test.createPod('web', { labels: { app: 'web' }, containers: ['app', 'side'] });
    test.use('node-1', 900, { [uid]: { app: 250, side: 1.5 } });
    const { body } = await test.api.call('GET', `${root}/namespaces/default/pods/web`);
    expect(body).toEqual({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {
        name: 'web',
        namespace: 'default',
        creationTimestamp: '2026-11-21T12:00:00Z',
        labels: { app: 'web' },
      },
      timestamp: '2026-11-21T12:00:00Z',
      window: '16s',
      containers: [
        { name: 'app', usage: { cpu: '250000000n', memory: '3072Ki' } },
        { name: 'side', usage: { cpu: '1500000n', memory: '3072Ki' } },
      ],
    });
  });

  it('lists by namespace and by the selectors that pods have', async () => {
    await using test = await createTestMetrics();
    const [a, b] = [
      await test.createPod('a', { labels: { app: 'x' } }),
      await test.createPod('b', { nodeName: 'node-2' }),
    ];
    test.use('node-1', 0, { [a]: { app: 1 } });
    test.use('node-2', 0, { [b]: { app: 2 } });
    await test.createPod('silent');
    const namesAt = async (path: string) => {
      const { body } = await test.api.call<{ kind: string; items: { metadata: { name: string } }[] }>(
        'GET',
        `${root}${path}`,
      );
      expect(body.kind).toBe('PodMetricsList');
      return body.items.map(({ metadata }) => metadata.name);
    };
    expect(await namesAt('/pods')).toEqual(['a', 'b']);
    expect(await namesAt('/namespaces/default/pods?labelSelector=app%3Dx')).toEqual(['a']);
    expect(await namesAt('/pods?fieldSelector=spec.nodeName%3Dnode-2')).toEqual(['b']);
    expect(await namesAt('/namespaces/kube-system/pods')).toEqual([]);
  });

  it('has what nodes use as a whole', async () => {
    await using test = await createTestMetrics();
    await test.createNode('node-1', { zone: 'a' });
    await test.createNode('node-2');
    test.use('node-1', 900, {});
    const { body } = await test.api.call<{ items: object[] }>('GET', `${root}/nodes`);
    expect(body.items).toMatchObject([
      {
        kind: 'NodeMetrics',
        metadata: { name: 'node-1', labels: { zone: 'a' } },
        usage: { cpu: '900000000n', memory: '524288Ki' },
      },
    ]);
    expect((await test.api.call('GET', `${root}/nodes/node-2`)).body).toMatchObject({
      code: 404,
      message: 'nodemetrics.metrics.k8s.io "node-2" not found',
    });
  });

  it('prints tables', async () => {
    await using test = await createTestMetrics();
    const uid = await test.createPod('web', { containers: ['app', 'side'] });
    test.use('node-1', 0, { [uid]: { app: 250, side: 250 } });
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const { body } = await test.api.call<{ rows: { cells: unknown[] }[] }>('GET', `${root}/pods`, { accept });
    expect(body.rows.map(({ cells }) => cells)).toEqual([['web', '500m', '6144Ki', '16s']]);
  });

  it('says nothing of what was heard half a minute ago', async () => {
    await using test = await createTestMetrics();
    const uid = await test.createPod('web');
    test.use('node-1', 0, { [uid]: { app: 1 } });
    test.api.clock.advance(31_000);
    expect((await test.api.call('GET', `${root}/namespaces/default/pods/web`)).body).toMatchObject({
      code: 404,
      message: 'podmetrics.metrics.k8s.io "default/web" not found',
    });
  });

  it('is for readers, not for agents, and never written or watched', async () => {
    await using test = await createTestMetrics();
    expect((await test.api.call('GET', `${root}/nodes`, { token: tokens.reader })).code).toBe(200);
    expect((await test.api.call('GET', `${root}/pods`, { token: tokens.node })).body).toMatchObject({
      code: 403,
      message:
        'pods.metrics.k8s.io is forbidden: User "system:node:node-1" cannot list resource "pods" in API group "metrics.k8s.io" at the cluster scope',
    });
    expect((await test.api.call('DELETE', `${root}/nodes/a`)).code).toBe(405);
    expect((await test.api.call('GET', `${root}/nodes?watch=1`)).code).toBe(405);
    for (const path of ['/secrets', '/pods/web', '/namespaces/default/nodes', '/namespaces/default/pods/web/log']) {
      expect({ path, code: (await test.api.call('GET', `${root}${path}`)).code }).toEqual({ path, code: 404 });
    }
  });
});
