import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectMeta, Pod } from '@gantry/api-types';
import { makeNode, makePod } from '@gantry/api-types/testing';
import { createMemoryStore, type Store } from '@gantry/core';
import { FakeClock } from '@gantry/core/testing';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { ObjectEvent, ObjectStore } from './object-store.ts';
import { type ObjectStoreOptions, openObjectStore } from './watch-cache.ts';

const logger = pino({ level: 'silent' });
let store: Store;
let objects: ObjectStore;

async function open(options: Partial<ObjectStoreOptions> = {}): Promise<ObjectStore> {
  const resources = ['pods', 'nodes'] as const;
  return await openObjectStore({ store, resources, logger, clock: new FakeClock(), isFrozen: true, ...options });
}

beforeEach(async () => {
  store = createMemoryStore();
  objects = await open();
});
afterEach(async () => {
  await objects.close();
  await store.close();
});

/** A pod as a writer makes it: without a resourceVersion. */
function newPod(options: Parameters<typeof makePod>[0] = {}): Pod {
  const pod = makePod(options);
  delete (pod.metadata as Partial<ObjectMeta>).resourceVersion;
  return pod;
}

function relabelled(pod: Pod, labels: Record<string, string>): Pod {
  return { ...pod, metadata: { ...pod.metadata, labels } };
}

async function watchPods(from: ObjectStore, fromRevision: number, namespace?: string) {
  const batches: (readonly ObjectEvent<Pod>[])[] = [];
  const options = namespace === undefined ? { fromRevision } : { fromRevision, namespace };
  const stop = await from.watch('pods', options, { onEvents: (events) => void batches.push(events) });
  return {
    batches,
    stop,
    events: () => batches.flat(),
    revisions: () => batches.flat().map((e) => e.current.revision),
  };
}

describe('writing through the object store', () => {
  it('shows a write as soon as it is answered', async () => {
    const created = await objects.create('pods', newPod({ name: 'web' }));
    expect(objects.get('pods', 'default/web')).toBe(created);
    expect(objects.revision).toBe(created.revision);
    expect(created.object.metadata.resourceVersion).toBe(String(created.revision));
    const updated = await objects.update('pods', relabelled(created.object, { a: 'b' }), created.revision);
    expect(objects.get('pods', 'default/web')).toBe(updated);
    expect(created.object.metadata.labels).toBeUndefined();
    const deleted = await objects.delete('pods', 'default/web', updated.revision);
    expect(objects.get('pods', 'default/web')).toBeUndefined();
    expect(deleted.object.metadata).toMatchObject({ name: 'web', resourceVersion: String(deleted.revision) });
    expect(updated.object.metadata.resourceVersion).toBe(String(updated.revision));
  });

  it('keeps no resourceVersion in the store, and apiVersion, kind and metadata first', async () => {
    const { spec, status, metadata, kind, apiVersion } = makePod({ name: 'web', resourceVersion: '77' });
    await objects.create('pods', { status, spec, metadata, kind, apiVersion } as Pod);
    const record = await store.get('/pods/default/web');
    expect(record?.value).toMatch(/^\{"apiVersion":"v1","kind":"Pod","metadata":\{"name":"web"/);
    expect(record?.value).not.toContain('resourceVersion');
  });

  it('sends bytes that are the object, resourceVersion included', async () => {
    const pod = newPod({ name: 'ünïcode', labels: { text: '"metadata":{€😀' } });
    const created = await objects.create('pods', pod);
    expect(JSON.parse(created.bytes.toString())).toEqual(created.object);
    const deleted = await objects.delete('pods', created.key, created.revision);
    expect(JSON.parse(deleted.bytes.toString())).toEqual(deleted.object);
  });

  it('leaves the version a caller started from as it was', async () => {
    const created = await objects.create('pods', newPod({ name: 'web' }));
    const updated = await objects.update('pods', created.object, created.revision);
    expect(created.object.metadata.resourceVersion).toBe(String(created.revision));
    expect(updated.object.metadata.resourceVersion).toBe(String(updated.revision));
  });

  it('refuses what exists and what has moved on, and answers each of many racing writers rightly', async () => {
    const created = await objects.create('pods', newPod({ name: 'web' }));
    await expect(objects.create('pods', newPod({ name: 'web' }))).rejects.toMatchObject({ code: 'exists' });
    const same = () => objects.update('pods', relabelled(created.object, { same: 'text' }), created.revision);
    const results = await Promise.allSettled([objects.update('pods', created.object, 1), same(), same(), same()]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled', 'rejected', 'rejected']);
    const [, won] = results;
    expect(won?.status === 'fulfilled' && won.value).toBe(objects.get('pods', 'default/web'));
  });

  it('answers a write that was overtaken within one commit with its own version', async () => {
    const creating = objects.create('pods', newPod({ name: 'web' }));
    const revision = store.currentRevision + 1;
    const updating = objects.update('pods', newPod({ name: 'web', labels: { n: '2' } }), revision);
    const deleting = objects.delete('pods', 'default/web', revision + 1);
    const [created, updated, deleted] = await Promise.all([creating, updating, deleting]);
    expect([created.revision, updated.revision, deleted.revision]).toEqual([revision, revision + 1, revision + 2]);
    expect(updated.object.metadata.labels).toEqual({ n: '2' });
    expect(created.object.metadata.labels).toBeUndefined();
  });

  it('freezes what it hands out when told to, so that mutations throw', async () => {
    const created = await objects.create('pods', newPod({ name: 'web' }));
    expect(() => {
      created.object.spec.containers.push({ name: 'x' } as never);
    }).toThrow(TypeError);
  });

  it('refuses writes and watches after close, once those under way are done', async () => {
    const creating = objects.create('pods', newPod({ name: 'web' }));
    const closing = objects.close();
    expect((await creating).key).toBe('default/web');
    await closing;
    await expect(objects.create('pods', newPod({ name: 'b' }))).rejects.toMatchObject({ code: 'closed' });
    await expect(watchPods(objects, 1)).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('lists', () => {
  it('are ordered by key, per namespace or over all, and stay as they were handed out', async () => {
    for (const name of ['c', 'a', 'b']) await objects.create('pods', newPod({ name }));
    await objects.create('pods', newPod({ name: 'z', namespace: 'alpha' }));
    const before = objects.list('pods');
    expect(before.map((item) => item.key)).toEqual(['alpha/z', 'default/a', 'default/b', 'default/c']);
    expect(objects.list('pods')).toBe(before);
    const b = objects.list('pods', 'default')[1];
    await objects.delete('pods', 'default/b', b?.revision ?? 0);
    await objects.create('pods', newPod({ name: 'bb' }));
    expect(objects.list('pods', 'default').map((item) => item.key)).toEqual(['default/a', 'default/bb', 'default/c']);
    expect(before).toHaveLength(4);
    expect(objects.list('pods', 'nowhere')).toEqual([]);
  });

  it('come in pages as of one revision while writes go on', async () => {
    for (const ring of [undefined, { maxEvents: 1, maxBytes: 1 }]) {
      await using cache = await closing(await open(ring ? { ring } : {}));
      const names = Array.from({ length: 10 }, (_, i) => `p${i}`);
      await Promise.all(names.map((name) => cache.create('pods', newPod({ name, namespace: 'paged' }))));
      const { revision } = cache;
      const expected = cache.list('pods', 'paged').map((item) => [item.key, item.revision]);
      const seen: unknown[] = [];
      let afterKey: string | undefined;
      for (let remaining = 1; remaining > 0; ) {
        const from = afterKey === undefined ? {} : { afterKey };
        const page = await cache.listAt('pods', { namespace: 'paged', revision, limit: 3, ...from });
        seen.push(...page.items.map((item) => [item.key, item.revision]));
        ({ remaining } = page);
        afterKey = page.items.at(-1)?.key;
        expect(seen.length + remaining).toBe(10);
        await disturb(cache);
      }
      expect(seen).toEqual(expected);
      for (const { key, revision } of cache.list('pods', 'paged')) await cache.delete('pods', key, revision);
    }
  });

  it('reject pages of revisions that are compacted or not reached', async () => {
    await objects.create('pods', newPod({ name: 'a' }));
    await objects.create('pods', newPod({ name: 'b' }));
    await store.compact(objects.revision);
    const page = (revision: number) => objects.listAt('pods', { revision, limit: 1 });
    await expect(page(objects.revision - 1)).rejects.toMatchObject({ code: 'compacted' });
    await expect(page(objects.revision + 1)).rejects.toMatchObject({ code: 'future' });
  });
});

/** Updates one object, deletes another and creates a third. */
async function disturb(cache: ObjectStore): Promise<void> {
  const [first, second] = cache.list('pods', 'paged');
  if (!first || !second) return;
  await cache.update('pods', relabelled(first.object, { at: String(cache.revision) }), first.revision);
  await cache.delete('pods', second.key, second.revision);
  await cache.create('pods', newPod({ name: `p${cache.revision}`, namespace: 'paged' }));
}

async function closing(cache: ObjectStore): Promise<ObjectStore & AsyncDisposable> {
  return Object.assign(cache, { [Symbol.asyncDispose]: () => cache.close() });
}

describe('watches', () => {
  it('tell of each change with the state before it, one call per commit', async () => {
    const watch = await watchPods(objects, objects.revision);
    const created = await objects.create('pods', newPod({ name: 'web', labels: { app: 'a' } }));
    const updated = await objects.update('pods', relabelled(created.object, { app: 'b' }), created.revision);
    const deleted = await objects.delete('pods', 'default/web', updated.revision);
    await objects.create('nodes', makeNode({ name: 'n1' }));
    expect(watch.events()).toMatchObject([
      { type: 'ADDED', current: created, previous: undefined },
      { type: 'MODIFIED', current: updated, previous: created },
      { type: 'DELETED', current: deleted, previous: updated },
    ]);
    await Promise.all(['a', 'b', 'c'].map((name) => objects.create('pods', newPod({ name }))));
    expect(watch.batches.at(-1)).toHaveLength(3);
  });

  it('carry their line of the wire', async () => {
    const watch = await watchPods(objects, objects.revision);
    const created = await objects.create('pods', newPod({ name: 'web' }));
    await objects.update('pods', created.object, created.revision);
    await objects.delete('pods', 'default/web', created.revision + 1);
    for (const event of watch.events()) {
      const line = event.wireBytes.toString();
      expect(line).toBe(`{"type":"${event.type}","object":${event.current.bytes.toString()}}\n`);
      expect(JSON.parse(line).object).toEqual(event.current.object);
    }
  });

  it('keep to their namespace', async () => {
    const watch = await watchPods(objects, objects.revision, 'b');
    for (const namespace of ['a', 'b', 'bb']) await objects.create('pods', newPod({ name: 'web', namespace }));
    expect(watch.events().map((event) => event.current.key)).toEqual(['b/web']);
  });

  it('stop when told to, also from within a delivery', async () => {
    const watch = await watchPods(objects, objects.revision);
    const seen: string[] = [];
    const stop = await objects.watch(
      'pods',
      { fromRevision: objects.revision },
      {
        onEvents: (events) => {
          seen.push(...events.map((event) => event.current.key));
          stop();
        },
      },
    );
    await objects.create('pods', newPod({ name: 'a' }));
    watch.stop();
    await objects.create('pods', newPod({ name: 'b' }));
    expect(seen).toEqual(['default/a']);
    expect(watch.events()).toHaveLength(1);
  });

  it('show the cache no older than the event', async () => {
    const seen: boolean[] = [];
    await objects.watch(
      'pods',
      { fromRevision: objects.revision },
      {
        onEvents: (events) => {
          for (const { current } of events) seen.push(objects.get('pods', current.key) === current);
        },
      },
    );
    await Promise.all(['a', 'b'].map((name) => objects.create('pods', newPod({ name }))));
    expect(seen).toEqual([true, true]);
  });

  const rings = { 'the ring': undefined, history: { maxEvents: 2, maxBytes: 1 } };
  for (const [source, ring] of Object.entries(rings)) {
    it(`resume from ${source} at any revision, then go on live`, async () => {
      await using cache = await closing(await open(ring ? { ring } : {}));
      const start = cache.revision;
      const live = await watchPods(cache, start);
      const created = await cache.create('pods', newPod({ name: 'web', labels: { app: 'a' } }));
      await cache.create('nodes', makeNode({ name: 'n1' }));
      const updated = await cache.update('pods', relabelled(created.object, { app: 'b' }), created.revision);
      await cache.delete('pods', 'default/web', updated.revision);
      await cache.create('pods', newPod({ name: 'web', namespace: 'other' }));
      for (let from = start; from <= cache.revision; from += 1) {
        const late = await watchPods(cache, from);
        const expected = live.events().filter((event) => event.current.revision > from);
        expect(late.events().map(plain)).toEqual(expected.map(plain));
        late.stop();
      }
      const other = await watchPods(cache, start, 'other');
      const last = await cache.create('pods', newPod({ name: 'last', namespace: 'other' }));
      expect(other.revisions()).toEqual([last.revision - 1, last.revision]);
    });
  }

  it('join while writes go on without a gap or a duplicate', async () => {
    await using cache = await closing(await open({ ring: { maxEvents: 20, maxBytes: 1_000_000 } }));
    const start = cache.revision;
    const names = Array.from({ length: 3000 }, (_, i) => `p${i}`);
    const watches: ReturnType<typeof watchPods>[] = [];
    for (const [index, name] of names.entries()) {
      const written = cache.create('pods', newPod({ name }));
      if (index % 100 === 0) watches.push(watchPods(cache, start));
      if (index % 7 === 0) await written;
    }
    await cache.create('pods', newPod({ name: 'last' }));
    const expected = Array.from({ length: 3001 }, (_, i) => start + 1 + i);
    for (const watch of await Promise.all(watches)) expect(watch.revisions()).toEqual(expected);
  });

  it('are refused from a compacted or future revision', async () => {
    await objects.create('pods', newPod({ name: 'a' }));
    await objects.create('pods', newPod({ name: 'b' }));
    await store.compact(objects.revision);
    expect(objects.oldestRevision).toBe(objects.revision);
    await expect(watchPods(objects, objects.revision - 1)).rejects.toMatchObject({ code: 'compacted' });
    await expect(watchPods(objects, objects.revision + 1)).rejects.toMatchObject({ code: 'future' });
    expect((await watchPods(objects, objects.revision)).events()).toEqual([]);
  });
});

/** An event as data. */
function plain({ type, current, previous, wireBytes }: ObjectEvent) {
  const { key, revision, object } = current;
  const before = previous && { revision: previous.revision, object: previous.object };
  return { type, key, revision, object, before, line: wireBytes.toString() };
}

describe('following the store', () => {
  it('shows what others write, and leaves alone what is not served or no object', async () => {
    const watch = await watchPods(objects, objects.revision);
    await store.create('/pods/default/web', JSON.stringify(newPod({ name: 'web' })));
    await store.create('/secrets/default/s', '{"metadata":{"name":"s"}}');
    await store.create('/pods/default/broken', 'no json');
    await store.create('/pods/default/number', '7');
    expect(objects.list('pods').map((item) => item.object.metadata.name)).toEqual(['web']);
    expect(objects.revision).toBe(store.currentRevision);
    expect(watch.events()).toHaveLength(1);
    await using second = await closing(await open());
    expect(second.list('pods')).toHaveLength(1);
  });

  it('shows the same objects and revisions after a restart on the same database', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gantry-objects-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const path = join(directory, 'state.db');
    const facts = (cache: ObjectStore) =>
      cache.list('pods').map(({ key, object, revision, bytes }) => ({ key, object, revision, text: bytes.toString() }));
    const first = await openSqliteStore({ path, logger });
    const before = await open({ store: first });
    const names = Array.from({ length: 1203 }, (_, i) => `p${i}`);
    const created = await Promise.all(names.map((name) => before.create('pods', newPod({ name }))));
    await Promise.all(created.slice(0, 10).map((c) => before.delete('pods', c.key, c.revision)));
    await Promise.all(created.slice(10, 20).map((c) => before.update('pods', c.object, c.revision)));
    const expected = facts(before);
    await before.close();
    await first.close();
    const second = await openSqliteStore({ path, logger });
    onTestFinished(() => second.close());
    await using after = await closing(await open({ store: second }));
    expect(expected).toHaveLength(1193);
    expect(facts(after)).toEqual(expected);
    expect(after.revision).toBe(before.revision);
    const late = await watchPods(after, created[1202]?.revision ?? 0);
    expect(late.events().map((event) => event.type)).toEqual([
      ...Array(10).fill('DELETED'),
      ...Array(10).fill('MODIFIED'),
    ]);
  });

  it('shows the same objects, bytes and revisions when opened again', async () => {
    for (const name of ['a', 'b', 'c']) await objects.create('pods', newPod({ name }));
    const b = objects.get('pods', 'default/b');
    await objects.update('pods', relabelled(b?.object ?? newPod(), { x: 'y' }), b?.revision ?? 0);
    await objects.delete('pods', 'default/c', objects.get('pods', 'default/c')?.revision ?? 0);
    const facts = (cache: ObjectStore) =>
      cache.list('pods').map(({ key, object, revision, bytes }) => ({ key, object, revision, text: bytes.toString() }));
    await using second = await closing(await open());
    expect(facts(second)).toEqual(facts(objects));
    expect(second.revision).toBe(objects.revision);
  });
});

describe('informers', () => {
  it('report present objects first, then changes, and stop when unsubscribed', async () => {
    const a = await objects.create('pods', newPod({ name: 'a' }));
    const seen: unknown[] = [];
    const stop = objects.informer('pods').onEvent((event) => seen.push(event));
    expect(seen).toEqual([{ type: 'added', object: a.object }]);
    const b = await objects.create('pods', newPod({ name: 'b' }));
    const b2 = await objects.update('pods', relabelled(b.object, { x: 'y' }), b.revision);
    const gone = await objects.delete('pods', 'default/b', b2.revision);
    expect(seen.slice(1)).toEqual([
      { type: 'added', object: b.object },
      { type: 'modified', object: b2.object, previous: b.object },
      { type: 'deleted', object: gone.object, previous: b2.object },
    ]);
    stop();
    await objects.create('pods', newPod({ name: 'c' }));
    expect(seen).toHaveLength(4);
    await objects.hasSynced;
  });

  it('find objects by key, namespace and controlling owner', async () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'uid-rs' };
    const owned = { ...owner, controller: true };
    const a = await objects.create('pods', newPod({ name: 'a', ownerReferences: [owned] }));
    await objects.create('pods', newPod({ name: 'b', ownerReferences: [owner] }));
    await objects.create('pods', newPod({ name: 'c', namespace: 'other' }));
    const { lister } = objects.informer('pods');
    const names = (pods: readonly Pod[]) => pods.map((pod) => pod.metadata.name);
    expect(names(lister.listByOwner('uid-rs'))).toEqual(['a']);
    expect(names(lister.list('default'))).toEqual(['a', 'b']);
    expect(lister.size).toBe(3);
    expect(lister.get('other/c')?.metadata.name).toBe('c');
    const released = { ...a.object, metadata: { ...a.object.metadata, ownerReferences: [] } };
    const a2 = await objects.update('pods', released, a.revision);
    expect(lister.listByOwner('uid-rs')).toEqual([]);
    const adopted = { ...a2.object, metadata: { ...a2.object.metadata, ownerReferences: [owned] } };
    const a3 = await objects.update('pods', adopted, a2.revision);
    expect(names(lister.listByOwner('uid-rs'))).toEqual(['a']);
    await objects.delete('pods', 'default/a', a3.revision);
    expect(lister.listByOwner('uid-rs')).toEqual([]);
  });

  it('go on when one handler throws', async () => {
    const seen: string[] = [];
    objects.informer('pods').onEvent(() => {
      throw new Error('broken handler');
    });
    objects.informer('pods').onEvent((event) => seen.push(event.type));
    const created = await objects.create('pods', newPod({ name: 'a' }));
    expect(created.key).toBe('default/a');
    expect(seen).toEqual(['added']);
  });
});
