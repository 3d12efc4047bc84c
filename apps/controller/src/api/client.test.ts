import { isApiError } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApi, podBody, type TestApi } from './testing/test-api.ts';

describe('the API in process', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const pod = (name: string) => {
    const body = podBody(name);
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...body.metadata, namespace: 'default' },
      spec: body.spec,
    } as const;
  };

  it('answers like the API over HTTP', async () => {
    const created = await api.client.create('pods', pod('a'));
    expect((await api.call('GET', '/api/v1/namespaces/default/pods/a')).body).toEqual(created);
  });

  it('leaves what it is given to its owner', async () => {
    const mine = pod('b');
    const before = JSON.stringify(mine);
    await api.client.create('pods', mine);
    expect(JSON.stringify(mine)).toBe(before);
  });

  it('drops undefined members, as the wire would', async () => {
    const created = await api.client.create('configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'undefined', namespace: 'default', labels: { a: 'b', c: undefined as unknown as string } },
    });
    expect(Object.keys(created.metadata.labels ?? {})).toEqual(['a']);
  });

  it('refuses with ApiErrors', async () => {
    const reasonOf = async (promise: Promise<unknown>) => {
      const error = await promise.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      return isApiError(error) ? error.reason : error;
    };
    expect(await reasonOf(api.client.get('pods', 'default', 'absent'))).toBe('NotFound');
    expect(await reasonOf(api.client.create('pods', pod('a')))).toBe('AlreadyExists');
    expect(await reasonOf(api.client.delete('pods', 'default', 'absent'))).toBe('NotFound');
    const stale = await api.client.get('pods', 'default', 'a');
    await api.client.mergePatch('pods', 'default', 'a', { metadata: { labels: { x: '1' } } });
    expect(await reasonOf(api.client.updateStatus('pods', { ...stale, status: { phase: 'Running' } }))).toBe(
      'Conflict',
    );
    expect(await reasonOf(api.client.evict('default', 'absent'))).toBe('NotFound');
    const { metadata: _, ...nameless } = pod('x');
    expect(await reasonOf(api.client.create('pods', { ...nameless, metadata: { name: 'x' } }))).toBe('BadRequest');
  });

  it('reads its own writes', async () => {
    for (let i = 0; i < 50; i += 1) {
      const { metadata } = await api.client.create('pods', pod(`own-${i}`));
      await api.client.bind('default', `own-${i}`, metadata.uid, 'node-1');
      expect((await api.client.get('pods', 'default', `own-${i}`)).spec.nodeName).toBe('node-1');
      await api.client.delete('pods', 'default', `own-${i}`, { gracePeriodSeconds: 0 });
      await expect(api.client.get('pods', 'default', `own-${i}`)).rejects.toMatchObject({ reason: 'NotFound' });
    }
  });

  it('finalizes namespaces', async () => {
    await api.client.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' }, spec: {} });
    await api.client.delete('namespaces', undefined, 'n');
    const namespace = await api.client.get('namespaces', undefined, 'n');
    expect(namespace.status.phase).toBe('Terminating');
    await api.client.finalizeNamespace({ ...namespace, spec: { finalizers: [] } });
    await expect(api.client.get('namespaces', undefined, 'n')).rejects.toMatchObject({ reason: 'NotFound' });
  });
});
