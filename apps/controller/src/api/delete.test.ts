import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMapBody, createTestApi, deploymentBody, podBody, type TestApi } from './testing/test-api.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are checked field by field, whatever their kind
type Any = any;

const configMaps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';

describe('deleting objects', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const runningPod = (name: string, extra: object = {}) =>
    api.call<Any>('POST', pods, { body: podBody(name, { spec: { nodeName: 'n1', ...extra } }) });
  const exists = async (url: string) => (await api.call('GET', url)).code === 200;

  it('answers with a Status that names what is gone', async () => {
    const created = await api.call<Any>('POST', configMaps, { body: configMapBody('a') });
    const { code, body } = await api.call('DELETE', `${configMaps}/a`, { body: { propagationPolicy: 'Background' } });
    expect(code).toBe(200);
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'a', kind: 'configmaps', uid: created.body.metadata.uid },
    });
    expect(await exists(`${configMaps}/a`)).toBe(false);
  });

  it('names the group', async () => {
    await api.call('POST', '/apis/apps/v1/namespaces/default/deployments', { body: deploymentBody('d') });
    const { body } = await api.call<Any>('DELETE', '/apis/apps/v1/namespaces/default/deployments/d');
    expect(body.details).toMatchObject({ name: 'd', group: 'apps', kind: 'deployments' });
  });

  it('answers 404 for what is absent', async () => {
    expect((await api.call('DELETE', `${configMaps}/absent`)).code).toBe(404);
  });

  it('lets a pod on a node live for its grace period', async () => {
    await runningPod('graceful', { terminationGracePeriodSeconds: 20 });
    const { code, body } = await api.call<Any>('DELETE', `${pods}/graceful`);
    expect(code).toBe(200);
    expect(body.metadata).toMatchObject({
      deletionTimestamp: '2026-11-21T12:00:20Z',
      deletionGracePeriodSeconds: 20,
      generation: 2,
    });
    expect(await exists(`${pods}/graceful`)).toBe(true);
    const gone = await api.call<Any>('DELETE', `${pods}/graceful`, { body: { gracePeriodSeconds: 0 } });
    expect(gone.body.metadata.name).toBe('graceful');
    expect(await exists(`${pods}/graceful`)).toBe(false);
  });

  it('shortens a grace period, and never lengthens it', async () => {
    await runningPod('shorter');
    await api.call('DELETE', `${pods}/shorter`);
    const { revision } = api.objects;
    const longer = await api.call<Any>('DELETE', `${pods}/shorter?gracePeriodSeconds=100`);
    expect(longer.body.metadata.deletionGracePeriodSeconds).toBe(30);
    expect(api.objects.revision).toBe(revision);
    const shorter = await api.call<Any>('DELETE', `${pods}/shorter?gracePeriodSeconds=5`);
    expect(shorter.body.metadata).toMatchObject({
      deletionTimestamp: '2026-11-21T12:00:05Z',
      deletionGracePeriodSeconds: 5,
    });
  });

  it('removes at once a pod that no node runs', async () => {
    await api.call('POST', pods, { body: podBody('unscheduled') });
    const { body } = await api.call<Any>('DELETE', `${pods}/unscheduled`);
    expect(body.kind).toBe('Pod');
    expect(await exists(`${pods}/unscheduled`)).toBe(false);
  });

  it('removes at once a pod that has ended', async () => {
    await runningPod('ended');
    const pod = await api.client.get('pods', 'default', 'ended');
    await api.client.updateStatus('pods', { ...pod, status: { ...pod.status, phase: 'Succeeded' } });
    await api.call('DELETE', `${pods}/ended`);
    expect(await exists(`${pods}/ended`)).toBe(false);
  });

  it('keeps an object until its finalizers are gone', async () => {
    await api.call('POST', configMaps, {
      body: { ...configMapBody('final'), metadata: { name: 'final', finalizers: ['example.com/hold'] } },
    });
    const deleted = await api.call<Any>('DELETE', `${configMaps}/final`);
    expect(deleted.body).toMatchObject({ kind: 'ConfigMap', metadata: { deletionGracePeriodSeconds: 0 } });
    const more = await api.call('PATCH', `${configMaps}/final`, {
      body: { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } },
      contentType: 'application/merge-patch+json',
    });
    expect(more.code).toBe(422);
    expect(more.text).toContain('no new finalizers can be added if the object is being deleted');
    const { code } = await api.call('PATCH', `${configMaps}/final`, {
      body: { metadata: { finalizers: null } },
      contentType: 'application/merge-patch+json',
    });
    expect(code).toBe(200);
    expect(await exists(`${configMaps}/final`)).toBe(false);
  });

  it('marks what waits for its dependents, or leaves them behind', async () => {
    for (const [policy, finalizer] of [
      ['Foreground', 'foregroundDeletion'],
      ['Orphan', 'orphan'],
    ]) {
      const name = `policy-${policy?.toLowerCase()}`;
      await api.call('POST', configMaps, { body: configMapBody(name) });
      const { body } = await api.call<Any>('DELETE', `${configMaps}/${name}?propagationPolicy=${policy}`);
      expect(body.metadata.finalizers).toEqual([finalizer]);
    }
    expect((await api.call('DELETE', `${configMaps}/x?propagationPolicy=Sideways`)).code).toBe(422);
  });

  it('lets a later deletion choose anew what becomes of the dependents', async () => {
    for (const [policy, finalizers] of [
      ['Orphan', ['orphan']],
      ['Foreground', ['foregroundDeletion']],
    ] as const) {
      const name = `again-${policy.toLowerCase()}`;
      const first = policy === 'Orphan' ? 'Foreground' : 'Orphan';
      await api.call('POST', configMaps, { body: configMapBody(name) });
      await api.call('DELETE', `${configMaps}/${name}?propagationPolicy=${first}`);
      const { body } = await api.call<Any>('DELETE', `${configMaps}/${name}?propagationPolicy=${policy}`);
      expect(body.metadata.finalizers).toEqual(finalizers);
      const unchanged = await api.call<Any>('DELETE', `${configMaps}/${name}`);
      expect(unchanged.body.metadata).toEqual(body.metadata);
      expect((await api.call('DELETE', `${configMaps}/${name}?propagationPolicy=Background`)).code).toBe(200);
      expect(await exists(`${configMaps}/${name}`)).toBe(false);
    }
  });

  it('keeps the grace period that was asked for when deleted again without one', async () => {
    await runningPod('patient', { terminationGracePeriodSeconds: 20 });
    const first = await api.call<Any>('DELETE', `${pods}/patient`, { body: { gracePeriodSeconds: 100 } });
    const second = await api.call<Any>('DELETE', `${pods}/patient`);
    expect(second.body.metadata).toEqual(first.body.metadata);
  });

  it('checks preconditions', async () => {
    const { body } = await api.call<Any>('POST', configMaps, { body: configMapBody('pre') });
    const wrongUid = await api.call<Any>('DELETE', `${configMaps}/pre`, { body: { preconditions: { uid: 'other' } } });
    expect([wrongUid.code, wrongUid.body.reason]).toEqual([409, 'Conflict']);
    expect(wrongUid.body.message).toContain(`UID in precondition: other, UID in object meta: ${body.metadata.uid}`);
    expect(
      (await api.call('DELETE', `${configMaps}/pre`, { body: { preconditions: { resourceVersion: '1' } } })).code,
    ).toBe(409);
    expect(
      (await api.call('DELETE', `${configMaps}/pre`, { body: { preconditions: { uid: body.metadata.uid } } })).code,
    ).toBe(200);
  });

  it('does nothing in a dry run', async () => {
    await api.call('POST', configMaps, { body: configMapBody('dry') });
    expect((await api.call('DELETE', `${configMaps}/dry?dryRun=All`)).code).toBe(200);
    expect((await api.call('DELETE', `${configMaps}/dry`, { body: { dryRun: ['All'] } })).code).toBe(200);
    expect(await exists(`${configMaps}/dry`)).toBe(true);
  });

  it('deletes what a collection selects', async () => {
    for (const [name, group] of [
      ['c1', 'x'],
      ['c2', 'x'],
      ['c3', 'y'],
    ] as const) {
      await api.call('POST', configMaps, { body: configMapBody(name, 'v', { group }) });
    }
    const { code, body } = await api.call<Any>('DELETE', `${configMaps}?labelSelector=group%3Dx`);
    expect(code).toBe(200);
    expect(body.items.map((item: Any) => item.metadata.name)).toEqual(['c1', 'c2']);
    expect(await exists(`${configMaps}/c1`)).toBe(false);
    expect(await exists(`${configMaps}/c3`)).toBe(true);
    expect((await api.call('DELETE', '/api/v1/configmaps')).code).toBe(405);
  });

  it('keeps a namespace Terminating until it is finalized', async () => {
    await api.client.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'going' },
      spec: {},
    });
    const { body } = await api.call<Any>('DELETE', '/api/v1/namespaces/going');
    expect(body.status.phase).toBe('Terminating');
    expect(body.spec.finalizers).toEqual(['kubernetes']);
    const finalized = await api.call('PUT', '/api/v1/namespaces/going/finalize', {
      body: { ...body, spec: { finalizers: [] } },
    });
    expect(finalized.code).toBe(200);
    expect(await exists('/api/v1/namespaces/going')).toBe(false);
  });

  it('refuses to delete the namespaces that a cluster cannot do without', async () => {
    const { code, body } = await api.call('DELETE', '/api/v1/namespaces/default');
    expect(code).toBe(403);
    expect(body).toMatchObject({ message: 'namespaces "default" is forbidden: this namespace may not be deleted' });
  });

  it('survives deletions and writes at once', async () => {
    await api.call('POST', configMaps, { body: configMapBody('both') });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        i % 4 === 3
          ? api.call('DELETE', `${configMaps}/both`)
          : api.call('PATCH', `${configMaps}/both`, {
              body: { data: { [`k${i}`]: 'x' } },
              contentType: 'application/merge-patch+json',
            }),
      ),
    );
    expect(answers.every(({ code }) => code === 200 || code === 404)).toBe(true);
    expect(await exists(`${configMaps}/both`)).toBe(false);
  });
});
