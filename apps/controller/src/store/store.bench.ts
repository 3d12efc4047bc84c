import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectMeta, Pod } from '@gantry/api-types';
import { makePod } from '@gantry/api-types/testing';
import type { Store } from '@gantry/core';
import { pino } from 'pino';
import type { ObjectStore } from '../objects/object-store.ts';
import { openObjectStore } from '../objects/watch-cache.ts';
import { systemClock } from '../system-clock.ts';
import { openSqliteStore } from './sqlite-store.ts';

/** Prints what the store and the object store cost on this machine: `node apps/controller/src/store/store.bench.ts`. */
async function main(): Promise<void> {
  // Beside the sources, because a temporary directory may be held in memory.
  const directory = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'gantry-bench-'));
  const logger = pino({ level: 'warn' });
  try {
    const store = await openSqliteStore({ path: join(directory, 'small.db'), logger });
    await measureSingleWrites(store);
    await measureConcurrentWrites(store, 'small writes (100 bytes)', 'x'.repeat(90));
    await measureConcurrentWrites(store, 'pod-sized writes (1.7 kB)', 'x'.repeat(1690));
    await store.close();
    await measureObjects(join(directory, 'objects.db'));
    await measureReopen(join(directory, 'objects.db'));
  } finally {
    await rm(directory, { recursive: true });
  }
}

function print(what: string, value: number, unit: string): void {
  console.log(`${what.padEnd(62)} ${value.toFixed(value < 10 ? 2 : 0).padStart(8)} ${unit}`);
}

async function measureSingleWrites(store: Store): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < 500; i += 1) {
    const start = performance.now();
    await store.create(`/single/${i}`, '{"a":1}');
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  print('one durable write, p50', times[250] ?? 0, 'ms');
  print('one durable write, p99', times[495] ?? 0, 'ms');
}

async function measureConcurrentWrites(store: Store, what: string, text: string): Promise<void> {
  const total = 40_000;
  let next = 0;
  const cpu = process.threadCpuUsage();
  const start = performance.now();
  const write = async () => {
    while (next < total) {
      next += 1;
      await store.create(`/${text.length}/${next}`, `{"a":"${text}"}`);
    }
  };
  await Promise.all(Array.from({ length: 64 }, write));
  const elapsedMs = performance.now() - start;
  print(`${what}, 64 writers`, (total / elapsedMs) * 1000, 'writes/s');
  print('  main thread', cpuMicroseconds(cpu) / total, 'us per write');
}

function cpuMicroseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(since);
  return user + system;
}

/** A pod of 1.7 kB as the API server would write it. */
function benchPod(index: number): Pod {
  const pod = makePod({
    name: `web-${index}`,
    namespace: `ns-${index % 10}`,
    cpu: '100m',
    memory: '64Mi',
    uid: `uid-${index}`,
  });
  delete (pod.metadata as Partial<ObjectMeta>).resourceVersion;
  pod.metadata.annotations = { padding: '' };
  pod.metadata.annotations.padding = 'p'.repeat(Math.max(0, 1700 - JSON.stringify(pod).length));
  return pod;
}

async function measureObjects(path: string): Promise<void> {
  const logger = pino({ level: 'warn' });
  const store = await openSqliteStore({ path, logger });
  const objects = await openObjectStore({ store, resources: ['pods', 'nodes'], logger, clock: systemClock });
  globalThis.gc?.();
  const before = process.memoryUsage();
  // Parsed from text, as bodies of requests are, so that nothing is shared between them.
  const pods = Array.from({ length: 5000 }, (_, i) => JSON.stringify(benchPod(i)));
  await measureCreates(objects, pods, 'create through the object store');
  globalThis.gc?.();
  const after = process.memoryUsage();
  const grownBytes = after.heapUsed + after.external - before.heapUsed - before.external;
  print('  memory of 5,000 pods of 1.7 kB (heap and buffers)', grownBytes / 1e6, 'MB');
  measureLists(objects);
  await measureFanOut(objects);
  await objects.close();
  await store.close();
}

async function measureCreates(objects: ObjectStore, texts: readonly string[], what: string): Promise<void> {
  const parsed = texts.map((text) => JSON.parse(text) as Pod);
  let next = 0;
  const cpu = process.threadCpuUsage();
  const start = performance.now();
  const write = async () => {
    for (let pod = parsed[next]; pod; pod = parsed[next]) {
      next += 1;
      await objects.create('pods', pod);
    }
  };
  await Promise.all(Array.from({ length: 64 }, write));
  print(`${what}, 64 writers`, (texts.length / (performance.now() - start)) * 1000, 'writes/s');
  print('  main thread, store included', cpuMicroseconds(cpu) / texts.length, 'us per write');
}

function measureLists(objects: ObjectStore): void {
  const start = performance.now();
  for (let i = 0; i < 1000; i += 1) objects.list('pods');
  print('list of 5,000 pods, unchanged', performance.now() - start, 'us');
}

async function measureFanOut(objects: ObjectStore): Promise<void> {
  const present = objects.list('pods');
  let delivered = 0;
  let bytes = 0;
  const sink = {
    onEvents: (events: readonly { readonly wireBytes: Buffer }[]) => {
      delivered += events.length;
      for (const event of events) bytes += event.wireBytes.length;
    },
  };
  const stops = await Promise.all(
    Array.from({ length: 5 }, () => objects.watch('pods', { fromRevision: objects.revision }, sink)),
  );
  const cpu = process.threadCpuUsage();
  const start = performance.now();
  let next = 0;
  const write = async () => {
    for (let item = present[next]; item; item = present[next]) {
      next += 1;
      await objects.update(
        'pods',
        { ...item.object, status: { ...item.object.status, phase: 'Running' } },
        item.revision,
      );
    }
  };
  await Promise.all(Array.from({ length: 64 }, write));
  const elapsedMs = performance.now() - start;
  print('update with 5 watchers, 64 writers', (present.length / elapsedMs) * 1000, 'writes/s');
  print('  events delivered', (delivered / elapsedMs) * 1000, 'events/s');
  print('  main thread, store included', cpuMicroseconds(cpu) / present.length, 'us per write');
  print('  bytes per event', bytes / delivered, 'bytes');
  for (const stop of stops) stop();
}

async function measureReopen(path: string): Promise<void> {
  const logger = pino({ level: 'warn' });
  const start = performance.now();
  const store = await openSqliteStore({ path, logger });
  print('opening the store', performance.now() - start, 'ms');
  const objects = await openObjectStore({ store, resources: ['pods', 'nodes'], logger, clock: systemClock });
  print('opening both with 5,000 pods', performance.now() - start, 'ms');
  await objects.close();
  await store.close();
}

await main();
