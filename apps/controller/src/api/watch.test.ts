import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { configMapBody, createTestApi, podBody, type TestApi, tokens } from './testing/test-api.ts';

interface Event {
  type: string;
  object: {
    kind: string;
    apiVersion: string;
    metadata: { name: string; resourceVersion: string; annotations?: Record<string, string> };
    data?: Record<string, string>;
    rows?: { cells: unknown[] }[];
    message?: string;
  };
}

/** The events of one open watch, read one at a time. */
interface OpenWatch extends AsyncDisposable {
  readonly code: number;
  readonly body: Promise<Record<string, unknown>>;
  next(): Promise<Event | undefined>;
  take(count: number): Promise<Event[]>;
}

const configMaps = '/api/v1/namespaces/default/configmaps';

describe('watching', () => {
  let api: TestApi;
  let base: string;
  beforeAll(async () => {
    api = await createTestApi();
    await api.app.listen({ port: 0, host: '127.0.0.1' });
    base = `127.0.0.1:${(api.app.server.address() as AddressInfo).port}`;
  });
  afterAll(() => api[Symbol.asyncDispose]());

  async function watch(path: string, accept = 'application/json'): Promise<OpenWatch> {
    const gone = new AbortController();
    const response = await fetch(`http://${base}${path}`, {
      headers: { authorization: `Bearer ${tokens.admin}`, accept },
      signal: gone.signal,
    });
    const lines = response.ok ? readLines(response) : undefined;
    const next = async () => {
      const line = await lines?.next();
      return line?.done ? undefined : (JSON.parse(line?.value ?? 'null') as Event);
    };
    return {
      code: response.status,
      body: response.ok ? Promise.resolve({}) : (response.json() as Promise<Record<string, unknown>>),
      next,
      async take(count) {
        const events: Event[] = [];
        while (events.length < count) {
          const event = await next();
          if (!event) break;
          events.push(event);
        }
        return events;
      },
      async [Symbol.asyncDispose]() {
        gone.abort();
      },
    };
  }

  const create = (name: string, labels?: Record<string, string>) =>
    api.call<{ metadata: { resourceVersion: string } }>('POST', configMaps, { body: configMapBody(name, 'v', labels) });
  const summary = (events: readonly Event[]) => events.map(({ type, object }) => `${type} ${object.metadata.name}`);

  it('reports what is there first, then what happens, with the versions of the changes', async () => {
    await create('w1');
    await using watching = await watch(`${configMaps}?watch=1&fieldSelector=metadata.name%3Dw1`);
    const [first] = await watching.take(1);
    expect(first).toMatchObject({ type: 'ADDED', object: { kind: 'ConfigMap', metadata: { name: 'w1' } } });
    await api.call('PUT', `${configMaps}/w1`, { body: configMapBody('w1', '2') });
    await api.call('DELETE', `${configMaps}/w1`);
    const [modified, deleted] = await watching.take(2);
    expect(modified).toMatchObject({ type: 'MODIFIED', object: { data: { k: '2' } } });
    expect(deleted).toMatchObject({ type: 'DELETED', object: { data: { k: '2' } } });
    const versions = [first, modified, deleted].map((event) => Number(event?.object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBe(3);
  });

  it('begins strictly after the version that is named', async () => {
    const { body } = await create('w2a');
    await create('w2b');
    await using watching = await watch(`${configMaps}?watch=true&resourceVersion=${body.metadata.resourceVersion}`);
    await create('w2c');
    expect(summary(await watching.take(2))).toEqual(['ADDED w2b', 'ADDED w2c']);
  });

  it('sends headers before the first event', async () => {
    await using watching = await watch(`/api/v1/namespaces/kube-public/configmaps?watch=1`);
    expect(watching.code).toBe(200);
  });

  it('sees one namespace or all', async () => {
    const { revision } = api.objects;
    await using one = await watch(`/api/v1/namespaces/kube-system/configmaps?watch=1&resourceVersion=${revision}`);
    await using all = await watch(`/api/v1/configmaps?watch=1&resourceVersion=${revision}`);
    await create('w3');
    await api.call('POST', '/api/v1/namespaces/kube-system/configmaps', { body: configMapBody('w3sys') });
    expect(summary(await one.take(1))).toEqual(['ADDED w3sys']);
    expect(summary(await all.take(2))).toEqual(['ADDED w3', 'ADDED w3sys']);
  });

  it('turns entering and leaving a selection into additions and deletions', async () => {
    const { revision } = api.objects;
    await using watching = await watch(`${configMaps}?watch=1&labelSelector=tier%3Dweb&resourceVersion=${revision}`);
    const label = (tier: string) =>
      api.call<{ metadata: { resourceVersion: string } }>('PATCH', `${configMaps}/w4`, {
        body: { metadata: { labels: { tier } } },
        contentType: 'application/merge-patch+json',
      });
    await create('w4', { tier: 'db' });
    await label('web');
    await api.call('PATCH', `${configMaps}/w4`, {
      body: { data: { k: 'x' } },
      contentType: 'application/merge-patch+json',
    });
    const left = await label('db');
    await api.call('DELETE', `${configMaps}/w4`);
    await create('w4end', { tier: 'web' });
    const events = await watching.take(4);
    expect(summary(events)).toEqual(['ADDED w4', 'MODIFIED w4', 'DELETED w4', 'ADDED w4end']);
    // The last state that matched, at the version of the change that took it away.
    expect(events[2]?.object).toMatchObject({ metadata: { labels: { tier: 'web' } }, data: { k: 'x' } });
    expect(events[2]?.object.metadata.resourceVersion).toBe(left.body.metadata.resourceVersion);
  });

  it('sends initial events and says where they end (WatchList)', async () => {
    await create('w5');
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    await using watching = await watch(
      `/api/v1/namespaces/default/configmaps?${query}&fieldSelector=metadata.name%3Dw5`,
    );
    const [added, end] = await watching.take(2);
    expect(added).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'w5' } } });
    expect(end).toMatchObject({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
    expect(Number(end?.object.metadata.resourceVersion)).toBe(api.objects.revision);
    await api.call('DELETE', `${configMaps}/w5`);
    expect(summary(await watching.take(1))).toEqual(['DELETED w5']);
  });

  it('refuses sendInitialEvents without its match', async () => {
    await using watching = await watch(`${configMaps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true`);
    expect(watching.code).toBe(422);
    expect(await watching.body).toMatchObject({
      reason: 'Invalid',
      message:
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    });
  });

  it('sends bookmarks every minute to those who want them', async () => {
    await using watching = await watch(
      `${configMaps}?watch=1&allowWatchBookmarks=true&resourceVersion=${api.objects.revision}`,
    );
    await api.clock.advanceAsync(60_000);
    const [bookmark] = await watching.take(1);
    expect(bookmark).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap', apiVersion: 'v1' } });
    expect(bookmark?.object.metadata.resourceVersion).toBe(String(api.objects.revision));
  });

  it('ends in order at timeoutSeconds, with a last bookmark', async () => {
    await using watching = await watch(
      `${configMaps}?watch=1&timeoutSeconds=5&allowWatchBookmarks=true&resourceVersion=${api.objects.revision}`,
    );
    await api.clock.advanceAsync(5_000);
    expect((await watching.next())?.type).toBe('BOOKMARK');
    expect(await watching.next()).toBeUndefined();
  });

  it('answers 504 for a version that has not been written', async () => {
    await using watching = await watch(`${configMaps}?watch=1&resourceVersion=${api.objects.revision + 500}`);
    expect(watching.code).toBe(504);
    expect(await watching.body).toMatchObject({
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
    });
  });

  it('answers 410 for a version that is no longer kept', async () => {
    const old = api.objects.revision;
    for (let i = 0; i < 20; i += 1) await create(`gone-${i}`);
    await using resumed = await watch(`${configMaps}?watch=1&resourceVersion=${old}`);
    expect(summary(await resumed.take(20))).toEqual(Array.from({ length: 20 }, (_, i) => `ADDED gone-${i}`));
    await api.store.compact(api.objects.revision);
    await using watching = await watch(`${configMaps}?watch=1&resourceVersion=${old}`);
    expect(watching.code).toBe(410);
    expect(await watching.body).toMatchObject({
      reason: 'Expired',
      message: `too old resource version: ${old} (${api.objects.revision})`,
      code: 410,
    });
  });

  it('answers 410 where more was missed than it would hold for a watcher', async () => {
    const old = api.objects.revision;
    const value = 'x'.repeat(1024 * 1024 - 1024);
    for (let i = 0; i < 18; i += 1) await api.call('POST', configMaps, { body: configMapBody(`missed-${i}`, value) });
    await using watching = await watch(`${configMaps}?watch=1&resourceVersion=${old}`);
    expect(watching.code).toBe(410);
    expect(api.logged).toEqual([]);
    await api.call('DELETE', configMaps);
  });

  it('sends tables of one row', async () => {
    await using watching = await watch(
      `/api/v1/namespaces/default/pods?watch=1&resourceVersion=${api.objects.revision}`,
      'application/json;as=Table;v=v1;g=meta.k8s.io',
    );
    await api.call('POST', '/api/v1/namespaces/default/pods', { body: podBody('w6') });
    const [event] = await watching.take(1);
    expect(event).toMatchObject({ type: 'ADDED', object: { kind: 'Table' } });
    expect(event?.object.rows?.map(({ cells }) => cells[0])).toEqual(['w6']);
  });

  it('sends metadata only', async () => {
    await using watching = await watch(
      `${configMaps}?watch=1&resourceVersion=${api.objects.revision}`,
      'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    );
    await create('w7');
    const [event] = await watching.take(1);
    expect(event?.object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'w7' } });
    expect(event?.object).not.toHaveProperty('data');
  });

  it('shows every watcher the same events in the same order', async () => {
    const path = `${configMaps}?watch=1&resourceVersion=${api.objects.revision}`;
    const watching = await Promise.all(Array.from({ length: 5 }, () => watch(path)));
    await Promise.all(Array.from({ length: 30 }, (_, i) => create(`same-${i}`)));
    const seen = await Promise.all(watching.map(async (one) => JSON.stringify(await one.take(30))));
    expect(new Set(seen).size).toBe(1);
    await Promise.all(watching.map((one) => one[Symbol.asyncDispose]()));
  });

  it('cuts off a watcher that does not read, and tells nobody else', async () => {
    const deaf = connect((api.app.server.address() as AddressInfo).port, '127.0.0.1');
    const closed = new Promise((resolve) => deaf.on('close', resolve));
    deaf.on('error', () => undefined);
    deaf.pause();
    const path = `${configMaps}?watch=1&resourceVersion=${api.objects.revision}`;
    deaf.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tokens.admin}\r\n\r\n`);
    await using healthy = await watch(path);
    const value = 'x'.repeat(1024 * 1024 - 1024);
    let seen = 0;
    for (let i = 0; i < 60 && api.logged.length === 0; i += 1) {
      await api.call('POST', configMaps, { body: configMapBody(`huge-${i}`, value) });
      seen += (await healthy.take(1)).length;
    }
    expect(api.logged.map(({ message }) => message)).toEqual([
      'watcher lags behind and was cut off: it will list anew',
    ]);
    deaf.resume();
    await closed;
    expect(seen).toBeGreaterThan(10);
    await api.call('DELETE', configMaps);
  });

  it('serves watches over WebSockets', async () => {
    const { revision } = api.objects;
    const socket = new WebSocket(`ws://${base}${configMaps}?watch=1&resourceVersion=${revision}`, {
      headers: { authorization: `Bearer ${tokens.admin}` },
    });
    const message = new Promise<string>((resolve, reject) => {
      socket.on('message', (data, isBinary) => (isBinary ? reject(new Error('binary')) : resolve(String(data))));
      socket.on('error', reject);
    });
    await new Promise((resolve) => socket.on('open', resolve));
    await create('w8');
    expect(JSON.parse(await message)).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'w8' } } });
    socket.terminate();
  });

  it('refuses WebSockets without credentials, and for paths that are none', async () => {
    const refusal = (path: string, headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve) => {
        const socket = new WebSocket(`ws://${base}${path}`, { headers });
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
        socket.on('error', () => undefined);
      });
    const authorization = `Bearer ${tokens.admin}`;
    expect(await refusal(`${configMaps}?watch=1`, {})).toBe(401);
    expect(await refusal('/elsewhere', { authorization })).toBe(404);
    expect(await refusal(`${configMaps}`, { authorization })).toBe(400);
    expect(await refusal('/api/v1/nothing?watch=1', { authorization })).toBe(404);
    expect(await refusal('/api/v1/namespaces/default/pods/p/exec?command=ls', { authorization })).toBe(404);
    expect(await refusal('/api/v1/nodes?watch=1', { authorization: `Bearer ${tokens.node}` })).toBe(403);
  });

  it('survives upgrades of targets that are no URL', async () => {
    const statusLine = (target: string) =>
      new Promise<string>((resolve) => {
        const socket = connect((api.app.server.address() as AddressInfo).port, '127.0.0.1');
        socket.once('data', (data) => resolve(data.toString().split('\r\n')[0] ?? ''));
        socket.write(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n`);
      });
    for (const target of ['//', 'http://[', '//api/v1/nodes:x']) {
      expect(await statusLine(target)).toBe('HTTP/1.1 404 Not Found');
    }
  });

  it('survives broken WebSocket frames', async () => {
    const socket = new WebSocket(`ws://${base}${configMaps}?watch=1&resourceVersion=${api.objects.revision}`, {
      headers: { authorization: `Bearer ${tokens.admin}` },
    });
    await new Promise((resolve) => socket.on('open', resolve));
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
    // A frame with reserved bits set that nothing was negotiated for.
    Reflect.get(socket, '_socket').write(Buffer.from([0xff, 0x80, 1, 2, 3, 4]));
    await closed;
    expect((await api.call('GET', '/readyz')).code).toBe(200);
  });
});

describe('closing the server', () => {
  it('does not wait for watchers that have stopped reading', async () => {
    const api = await createTestApi();
    await api.app.listen({ port: 0, host: '127.0.0.1' });
    const deaf = connect((api.app.server.address() as AddressInfo).port, '127.0.0.1');
    deaf.on('error', () => undefined);
    const begun = new Promise((resolve) => deaf.once('data', resolve));
    deaf.write(`GET ${configMaps}?watch=1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tokens.admin}\r\n\r\n`);
    await begun;
    deaf.pause();
    const value = 'x'.repeat(1024 * 1024 - 1024);
    for (let i = 0; i < 8; i += 1) await api.call('POST', configMaps, { body: configMapBody(`big-${i}`, value) });
    await api[Symbol.asyncDispose]();
    deaf.destroy();
  });

  it('ends watches in order and resolves', async () => {
    const api = await createTestApi();
    await api.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = api.app.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}${configMaps}?watch=1`, {
      headers: { authorization: `Bearer ${tokens.admin}` },
    });
    const text = response.text();
    await api.app.close();
    expect(await text).toBe('');
  });
});

async function* readLines(response: Response): AsyncGenerator<string> {
  let text = '';
  if (!response.body) return;
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        yield text.slice(0, end);
        text = text.slice(end + 1);
      }
    }
  } catch {
    // The test has let go of the watch.
  }
}
