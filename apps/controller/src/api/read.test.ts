import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMapBody, createTestApi, podBody, type TestApi } from './testing/test-api.ts';

interface List {
  kind: string;
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: { metadata: { name: string; namespace: string } }[];
}

interface Table {
  kind: string;
  apiVersion: string;
  metadata: object;
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[]; object?: { kind: string; metadata: { name: string }; spec?: object } }[];
}

const url = '/api/v1/namespaces/default/configmaps';
const names = (list: List) => list.items.map((item) => item.metadata.name);
const tableType = 'application/json;as=Table;v=v1;g=meta.k8s.io';

describe('reading', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    await api.client.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'other' },
      spec: {},
    });
    for (const [name, tier] of [
      ['a', 'web'],
      ['b', 'db'],
      ['c', 'web'],
      ['d', 'web'],
      ['e', 'db'],
    ] as const) {
      await api.call('POST', url, { body: configMapBody(name, 'v', { tier }) });
    }
    await api.call('POST', '/api/v1/namespaces/other/configmaps', { body: configMapBody('z') });
    await api.call('POST', '/api/v1/namespaces/default/pods', { body: podBody('p', { spec: { nodeName: 'n1' } }) });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  it('answers 404 for what is absent', async () => {
    const { code, body } = await api.call('GET', `${url}/nope`);
    expect(code).toBe(404);
    expect(body).toMatchObject({
      message: 'configmaps "nope" not found',
      reason: 'NotFound',
      details: { name: 'nope', kind: 'configmaps' },
    });
  });

  it('lists a namespace in key order, at the present revision', async () => {
    const { body } = await api.call<List>('GET', url);
    expect(body.kind).toBe('ConfigMapList');
    expect(names(body)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(body.metadata).toEqual({ resourceVersion: String(api.objects.revision) });
  });

  it('lists all namespaces', async () => {
    expect(names((await api.call<List>('GET', '/api/v1/configmaps')).body)).toEqual(['a', 'b', 'c', 'd', 'e', 'z']);
  });

  it('lists nothing as a list', async () => {
    expect((await api.call('GET', '/api/v1/namespaces/kube-system/pods')).body).toMatchObject({
      kind: 'PodList',
      items: [],
    });
  });

  it('selects by labels', async () => {
    const list = async (selector: string) =>
      names((await api.call<List>('GET', `${url}?labelSelector=${encodeURIComponent(selector)}`)).body);
    expect(await list('tier=web')).toEqual(['a', 'c', 'd']);
    expect(await list('tier in (db),tier!=web')).toEqual(['b', 'e']);
    expect(await list('!tier')).toEqual([]);
  });

  it('selects by fields', async () => {
    const { body } = await api.call<List>('GET', `${url}?fieldSelector=metadata.name%3Db`);
    expect(names(body)).toEqual(['b']);
    const pods = '/api/v1/pods?fieldSelector=spec.nodeName';
    expect(names((await api.call<List>('GET', `${pods}%3Dn1`)).body)).toEqual(['p']);
    expect(names((await api.call<List>('GET', `${pods}%3Dn2`)).body)).toEqual([]);
    expect(names((await api.call<List>('GET', `${pods}!%3Dn2`)).body)).toEqual(['p']);
  });

  it('refuses selectors it does not understand', async () => {
    const field = await api.call('GET', `${url}?fieldSelector=foo%3Dbar`);
    expect(field.code).toBe(400);
    expect(field.body).toMatchObject({
      message: '"foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
    });
    expect((await api.call('GET', `${url}?labelSelector=a%3D%3D%3D`)).code).toBe(400);
  });

  it('pages through a list as it was when the first page was read', async () => {
    const first = await api.call<List>('GET', `${url}?limit=2`);
    expect(names(first.body)).toEqual(['a', 'b']);
    expect(first.body.metadata.remainingItemCount).toBe(3);
    await api.call('POST', url, { body: configMapBody('bb') });
    const token = first.body.metadata.continue ?? '';
    const second = await api.call<List>('GET', `${url}?limit=2&continue=${token}`);
    expect(names(second.body)).toEqual(['c', 'd']);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    const third = await api.call<List>('GET', `${url}?limit=2&continue=${second.body.metadata.continue}`);
    expect(names(third.body)).toEqual(['e']);
    expect(third.body.metadata).not.toHaveProperty('continue');
    await api.call('DELETE', `${url}/bb`);
  });

  it('fills pages by selector and does not count what remains then', async () => {
    const first = await api.call<List>('GET', `${url}?limit=2&labelSelector=tier%3Dweb`);
    expect(names(first.body)).toEqual(['a', 'c']);
    expect(first.body.metadata).not.toHaveProperty('remainingItemCount');
    const token = first.body.metadata.continue ?? '';
    const second = await api.call<List>('GET', `${url}?limit=2&labelSelector=tier%3Dweb&continue=${token}`);
    expect(names(second.body)).toEqual(['d']);
    expect(second.body.metadata).not.toHaveProperty('continue');
  });

  it('ignores the limit where any version will do', async () => {
    expect((await api.call<List>('GET', `${url}?limit=2&resourceVersion=0`)).body.items).toHaveLength(5);
  });

  it('goes on with an outdated token only where inconsistency is accepted', async () => {
    const first = await api.call<List>('GET', `${url}?limit=2`);
    for (let i = 0; i < 20; i += 1)
      await api.call('POST', '/api/v1/namespaces/other/configmaps', { body: configMapBody(`y${i}`) });
    await api.store.compact(api.objects.revision);
    const expired = await api.call<List & { reason: string; message: string }>(
      'GET',
      `${url}?limit=2&continue=${first.body.metadata.continue}`,
    );
    expect([expired.code, expired.body.reason]).toEqual([410, 'Expired']);
    expect(expired.body.message).toContain('The provided continue parameter is too old');
    const resumed = await api.call<List>('GET', `${url}?limit=10&continue=${expired.body.metadata.continue}`);
    expect(resumed.code).toBe(200);
    expect(names(resumed.body)).toEqual(['c', 'd', 'e']);
    const exact = await api.call('GET', `${url}?resourceVersion=3&resourceVersionMatch=Exact`);
    expect(exact.body).toMatchObject({
      reason: 'Expired',
      message: 'The resourceVersion for the provided list is too old.',
    });
  });

  it('refuses a continue token that it did not make', async () => {
    expect((await api.call('GET', `${url}?limit=2&continue=abc`)).code).toBe(400);
  });

  it.each([
    ['resourceVersionMatch=Exact', 422, 'resourceVersionMatch is forbidden unless resourceVersion is provided'],
    [
      'resourceVersionMatch=Exact&resourceVersion=0',
      422,
      'resourceVersionMatch \\"exact\\" is forbidden for resourceVersion \\"0\\"',
    ],
    ['resourceVersionMatch=Sometimes&resourceVersion=1', 422, 'supported values: \\"Exact\\", \\"NotOlderThan\\"'],
    ['continue=x&resourceVersionMatch=Exact', 422, 'resourceVersionMatch is forbidden when continue is provided'],
    ['continue=x&resourceVersion=5', 400, 'specifying resource version is not allowed when using continue'],
    ['resourceVersion=abc', 422, 'Invalid value'],
    ['limit=x', 400, 'invalid syntax'],
  ])('refuses %s', async (query, code, text) => {
    const answer = await api.call('GET', `${url}?${query}`);
    expect(answer.code).toBe(code);
    expect(answer.text).toContain(text);
  });

  it('answers 504 for a version that has not been written', async () => {
    const current = api.objects.revision;
    const { code, body, headers } = await api.call('GET', `${url}?resourceVersion=${current + 1000}`);
    expect(code).toBe(504);
    expect(body).toMatchObject({
      reason: 'Timeout',
      message: `Timeout: Too large resource version: ${current + 1000}, current: ${current}`,
      details: {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    });
    expect(headers['retry-after']).toBe('1');
  });

  it('lists an exact older version', async () => {
    const { revision } = api.objects;
    await api.call('POST', url, { body: configMapBody('later') });
    const exact = await api.call<List>('GET', `${url}?resourceVersion=${revision}&resourceVersionMatch=Exact`);
    expect(names(exact.body)).not.toContain('later');
    expect(exact.body.metadata.resourceVersion).toBe(String(revision));
    await api.call('DELETE', `${url}/later`);
  });

  it('prints tables', async () => {
    const { body, headers } = await api.call<Table>('GET', '/api/v1/namespaces/default/pods', { accept: tableType });
    expect(headers['content-type']).toBe('application/json');
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(body.columnDefinitions.map(({ name }) => name).slice(0, 5)).toEqual([
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
    ]);
    expect(body.rows).toHaveLength(1);
    expect(body.rows[0]?.cells.slice(0, 3)).toEqual(['p', '0/1', 'Pending']);
    expect(body.rows[0]?.cells).toHaveLength(body.columnDefinitions.length);
    expect(body.rows[0]?.object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'p' } });
  });

  it('puts into table rows what includeObject says', async () => {
    const rows = async (include: string) =>
      (await api.call<Table>('GET', `/api/v1/namespaces/default/pods?includeObject=${include}`, { accept: tableType }))
        .body.rows[0];
    expect((await rows('Object'))?.object?.spec).toBeDefined();
    expect(await rows('None')).not.toHaveProperty('object');
  });

  it('prints one object as a table', async () => {
    const accept = `${tableType},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`;
    const { body } = await api.call<Table>('GET', `${url}/a`, { accept });
    expect(body.rows.map(({ cells }) => cells[0])).toEqual(['a']);
  });

  it('answers with metadata only', async () => {
    const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
    const { body } = await api.call<List>('GET', url, { accept });
    expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
    expect(body.items[0]).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
    expect(body.items[0]).not.toHaveProperty('data');
  });

  it('answers in JSON where protobuf is preferred but not the only choice', async () => {
    const { code, body } = await api.call('GET', `${url}/a`, { accept: 'application/vnd.kubernetes.protobuf, */*' });
    expect([code, body.kind]).toEqual([200, 'ConfigMap']);
  });

  it('answers in YAML', async () => {
    const { text, headers } = await api.call('GET', `${url}/a`, { accept: 'application/yaml' });
    expect(headers['content-type']).toBe('application/yaml');
    expect(text).toContain('ConfigMap');
  });

  it('answers 406 where nothing fits', async () => {
    const { code, body } = await api.call('GET', url, { accept: 'application/vnd.kubernetes.protobuf' });
    expect(code).toBe(406);
    expect(body).toMatchObject({ reason: 'NotAcceptable' });
  });
});
