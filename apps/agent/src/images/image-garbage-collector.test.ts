import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@gantry/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeRuntime } from '../runtime/fake-runtime.ts';
import { startFakeNode } from '../testing/fake-node.ts';
import { makePod } from '../testing/make-pod.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { ImageGarbageCollector, type ImageGarbageCollectorOptions } from './image-garbage-collector.ts';
import { OwnImages } from './own-images.ts';

const minutes = 60_000;
let directory: string;
const opened: OwnImages[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gantry-images-'));
});

afterEach(async () => {
  for (const own of opened.splice(0)) await own.close();
  await rm(directory, { recursive: true });
});

interface Parts {
  readonly free?: number;
  readonly wanted?: readonly string[];
  readonly removesForeign?: boolean;
}

/** A disk of 1,000 bytes; images take 100. */
async function setUp({ free = 0, wanted = [], removesForeign = false }: Parts = {}) {
  const clock = new FakeClock();
  const runtime = new FakeRuntime(clock);
  const logger = quietLogger();
  const own = await OwnImages.open(join(directory, 'images.json'), logger);
  opened.push(own);
  const events: string[] = [];
  const disk = { capacityBytes: 1000, availableBytes: free };
  const options: ImageGarbageCollectorOptions = {
    runtime,
    clock,
    logger,
    own,
    removesForeign,
    policy: { highThresholdPercent: 85, lowThresholdPercent: 80, minimumAgeMs: 2 * minutes },
    diskSpace: async () => disk,
    wantedImages: () => wanted,
    pinnedImages: ['gantry/pause:1'],
    event: (reason, message) => events.push(`${reason}: ${message}`),
  };
  const collector = new ImageGarbageCollector(options);
  const put = (name: string, isOwn = true) => {
    const id = `sha256:${name}`;
    runtime.addImage(name, { id, sizeBytes: 100 });
    if (isOwn) own.add(name, id);
  };
  const names = async () => (await runtime.listImages()).flatMap(({ tags }) => tags).toSorted();
  /** The first round only sees the images; the second comes when they are old enough. */
  const collect = async () => {
    await collector.collect();
    events.length = 0;
    clock.advance(5 * minutes);
    await collector.collect();
  };
  return { runtime, own, clock, collector, disk, events, put, names, collect };
}

it('removes as many own unused images as the disk needs', async () => {
  const { put, names, collect, events } = await setUp({ free: 50 });
  for (const name of ['a:1', 'b:1', 'c:1']) put(name);
  await collect();
  expect(await names()).toEqual(['c:1']);
  expect(events).toEqual([]);
});

it('keeps what others brought or named, what pods want, and what is pinned', async () => {
  const { put, names, collect, events, runtime } = await setUp({ wanted: ['docker.io/library/wanted', 'no name!'] });
  put('foreign:1', false);
  put('wanted:latest');
  runtime.addImage('docker.io/library/wanted', { id: 'sha256:wanted:latest', tags: [] });
  put('gantry/pause:1');
  put('shared:1');
  runtime.addImage('shared:theirs', { id: 'sha256:shared:1', sizeBytes: 100 });
  put('mine:1');
  await collect();
  expect(await names()).toEqual(['foreign:1', 'gantry/pause:1', 'shared:1', 'shared:theirs', 'wanted:latest']);
  const text = 'Failed to garbage collect required amount of images. Attempted to free 200 bytes, but only found 100';
  expect(events).toEqual(
    ['FreeDiskSpaceFailed', 'ImageGCFailed'].map((reason) => expect.stringContaining(`${reason}: ${text}`)),
  );
});

it('removes what others brought where the engine is the node’s own', async () => {
  const { put, names, collect } = await setUp({ removesForeign: true });
  put('foreign:1', false);
  put('gantry/pause:1', false);
  await collect();
  expect(await names()).toEqual(['gantry/pause:1']);
});

it('touches nothing while the disk has room, or cannot be seen', async () => {
  const roomy = await setUp({ free: 160 });
  roomy.put('a:1');
  await roomy.collect();
  expect(await roomy.names()).toEqual(['a:1']);
});

it('lets go of a name that means another image by now', async () => {
  const { put, runtime, own, names, collect } = await setUp();
  put('a:1');
  runtime.addImage('a:1', { id: 'sha256:built by hand', sizeBytes: 100 });
  await collect();
  expect(await names()).toEqual(['a:1']);
  expect(own.namesOf('sha256:built by hand')).toEqual([]);
});

it('remembers over a restart, and survives a broken file', async () => {
  const path = join(directory, 'images.json');
  const own = await OwnImages.open(path, quietLogger());
  own.add('a:1', 'sha256:a');
  own.add('b:1', 'sha256:b');
  own.forget('a:1');
  await own.close();
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ pulled: { 'b:1': 'sha256:b' } });
  expect((await OwnImages.open(path, quietLogger())).namesOf('sha256:b')).toEqual(['b:1']);
  for (const broken of ['{"pulled":', '[]', '{"pulled":{"a":1}}', 'null']) {
    await writeFile(path, broken);
    expect((await OwnImages.open(path, quietLogger())).namesOf('sha256:b')).toEqual([]);
  }
});

it('keeps the image of a pod that runs, and pulls again what was removed', async () => {
  await using node = await startFakeNode({ imageGarbage: { highThresholdPercent: 0, lowThresholdPercent: 0 } });
  node.runtime.registry.put('used:1', { id: 'sha256:used' });
  node.runtime.registry.put('unused:1', { id: 'sha256:unused' });
  await node.runPod(makePod({ image: 'used:1' }));
  const second = makePod({ image: 'unused:1' });
  await node.runPod(second);
  node.api.deletePod(second.metadata.uid, 0);
  await node.until('it is gone', () => node.api.terminated.includes(second.metadata.uid));
  await node.clock.advanceAsync(5 * minutes);
  await node.until('nothing could be freed yet', () => node.api.nodeEvents.length > 0);
  await node.clock.advanceAsync(5 * minutes);
  await expect.poll(() => node.runtime.inspectImage('unused:1')).toBeUndefined();
  expect(await node.runtime.inspectImage('used:1')).toBeDefined();
  await node.runPod(makePod({ image: 'unused:1' }));
  expect(node.runtime.registry.pulls).toBe(3);
});
