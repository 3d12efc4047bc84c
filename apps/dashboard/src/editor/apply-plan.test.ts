import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type MockServer, startMockServer } from '../../mock/server.ts';
import { getObject } from '../api/client.ts';
import {
  applyWrites,
  ConflictingEdit,
  comparison,
  DocumentRefusal,
  documentsOf,
  dryRunWrites,
  planWrites,
} from './apply-plan.ts';
import { toYaml } from './object-yaml.ts';

let server: MockServer;

/** The page's own requests, to a mock that decodes and validates by the real rules. */
beforeEach(async () => {
  server = await startMockServer({ port: 0, distDir: '/nowhere' });
  server.play('demo');
  const { fetch } = globalThis;
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => fetch(server.url + path, init));
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await server.close();
});

const web = { apiVersion: 'apps/v1', resource: 'deployments', namespace: 'default', name: 'web' };
const loadWeb = () => getObject<Record<string, unknown>>(web);
const replicasOf = (name: string) => server.fleet.workloads.get(`Deployment/default/${name}`)?.replicas;
const configMap = (name: string, extra = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${extra}data:\n  a: "1"\n`;

it('writes of a loaded object only what was edited, and asks before it stores', async () => {
  const loaded = await loadWeb();
  const text = toYaml(loaded);
  expect(await planWrites(documentsOf(text), loaded)).toEqual([]);
  const writes = await planWrites(documentsOf(text.replace('replicas: 3', 'replicas: 4')), loaded);
  expect(writes).toMatchObject([
    { what: 'Deployment web', verb: 'patch', patchType: 'merge', body: { spec: { replicas: 4 } } },
  ]);
  expect(Object.keys(writes[0]?.body.spec ?? {})).toEqual(['replicas']);
  const { before, after } = comparison(writes, await dryRunWrites(writes));
  expect([before.includes('replicas: 3'), after.includes('replicas: 4'), replicasOf('web')]).toEqual([true, true, 3]);
  expect(before.split('\n').filter((line) => !after.split('\n').includes(line))).toEqual(['  replicas: 3']);
  const done: string[] = [];
  await applyWrites(writes, ({ what }) => done.push(what));
  expect([done, replicasOf('web')]).toEqual([['Deployment web'], 4]);
});

it('refuses to overwrite what somebody else changed, and minds no other change', async () => {
  const loaded = await loadWeb();
  const text = toYaml(loaded);
  server.fleet.scale('web', 9);
  const edited = documentsOf(text.replace('replicas: 3', 'replicas: 4'));
  const conflict = await planWrites(edited, loaded).catch((failure: unknown) => failure);
  expect(conflict).toBeInstanceOf(ConflictingEdit);
  expect(conflict).toMatchObject({ conflicts: [{ field: 'spec.replicas', theirs: 9, ours: 4 }] });
  const other = documentsOf(text.replace('revisionHistoryLimit: 10', 'revisionHistoryLimit: 5'));
  expect(await planWrites(other, loaded)).toMatchObject([{ body: { spec: { revisionHistoryLimit: 5 } } }]);
});

it('creates what is new, merges into what is there, and says which document is refused', async () => {
  const texts = `${configMap('one')}---\n${configMap('two')}`;
  const writes = await planWrites(documentsOf(texts), undefined);
  expect(writes.map(({ what, verb }) => `${verb} ${what}`)).toEqual(['create ConfigMap one', 'create ConfigMap two']);
  await applyWrites(writes, () => undefined);
  const [again] = await planWrites(documentsOf(configMap('one').replace('a: "1"', 'b: "2"')), undefined);
  expect(again).toMatchObject({ verb: 'patch', patchType: 'strategic-merge' });
  await applyWrites(again ? [again] : [], () => undefined);
  const one = await getObject<{ data: object }>({
    apiVersion: 'v1',
    resource: 'configmaps',
    namespace: 'default',
    name: 'one',
  });
  expect(one.data).toEqual({ a: '1', b: '2' });
  const wrong = documentsOf(`${configMap('three')}---\napiVersion: v1\nkind: Nothing\nmetadata: { name: x }\n`);
  const refusal = await planWrites(wrong, undefined).catch((failure: unknown) => failure);
  expect(refusal).toBeInstanceOf(DocumentRefusal);
  expect(refusal).toMatchObject({ document: 1, message: 'the API serves no Nothing in v1' });
});

it('lets one text make a namespace and what is in it', async () => {
  const text = `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n---\n${configMap('one', '  namespace: shop\n')}`;
  const writes = await planWrites(documentsOf(text), undefined);
  expect(writes.map(({ target }) => target.namespace)).toEqual([undefined, 'shop']);
  expect(await dryRunWrites(writes)).toHaveLength(2);
});
