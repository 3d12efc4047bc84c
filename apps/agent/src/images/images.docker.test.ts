import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../system-clock.ts';
import { makePod } from '../testing/make-pod.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { engine, ensureTestImage, testImage } from '../testing/test-engine.ts';
import { mainStatus, startTestNode } from '../testing/test-node.ts';
import { ImageGarbageCollector } from './image-garbage-collector.ts';
import { OwnImages } from './own-images.ts';

const untagged = 'gantry-agent-untagged';

beforeAll(async () => {
  await ensureTestImage();
  await ensureTestImage(`${untagged}:latest`);
});

afterAll(async () => {
  await engine('DELETE', `/images/${untagged}:latest?force=1`);
});

it('starts a local image where the registry cannot be reached, and says so', async () => {
  await using node = await startTestNode();
  const pod = makePod({ image: untagged, container: { imagePullPolicy: 'Always' } });
  await node.runPod(pod);
  const events = node.api.eventTexts(pod.metadata.uid);
  expect(events[0]).toBe(`Pulling: Pulling image "${untagged}"`);
  expect(events[1]).toMatch(/^PullSkipped: Registry cannot be reached.*no such host/);
  expect(mainStatus(node.api.status(pod.metadata.uid))?.image).toBe(untagged);
});

it('insists on the registry where it is told to', async () => {
  await using node = await startTestNode({ strictPull: true });
  const pod = makePod({ image: untagged, container: { imagePullPolicy: 'Always' } });
  const { uid } = pod.metadata;
  node.api.putPod(pod);
  const reason = () => mainStatus(node.api.status(uid))?.state?.waiting?.reason;
  await node.api.until('it backs off', () => reason() === 'ImagePullBackOff');
});

it('shows what became of a pull, and disturbs no other pod', async () => {
  await using node = await startTestNode();
  const image = 'gantry.invalid/none:1';
  const pod = makePod({ image });
  const other = makePod();
  const { uid } = pod.metadata;
  node.api.putPod(pod);
  await node.runPod(other);
  const waiting = () => mainStatus(node.api.status(uid))?.state?.waiting;
  await node.api.until('it backs off', () => waiting()?.reason === 'ImagePullBackOff');
  expect(waiting()?.message).toMatch(/^Back-off pulling image "gantry.invalid\/none:1": ErrImagePull: .*no such host/);
  const reasons = (node.api.statuses.get(uid) ?? []).map((status) => mainStatus(status)?.state?.waiting?.reason);
  expect(reasons.slice(0, 3)).toEqual(['ContainerCreating', 'ErrImagePull', 'ImagePullBackOff']);
  const events = node.api.eventTexts(uid);
  expect(events).toContain(`Pulling: Pulling image "${image}"`);
  expect(events.some((text) => text.startsWith(`Failed: Failed to pull image "${image}": `))).toBe(true);
  expect(events).toContain('Failed: Error: ErrImagePull');
  expect(events).toContain(`BackOff: Back-off pulling image "${image}"`);
  expect(events).toContain('Failed: Error: ImagePullBackOff');
  expect(node.api.status(uid)?.phase).toBe('Pending');
  node.api.deletePod(uid, 30);
  await node.api.until('it is gone', () => node.api.terminated.includes(uid));
});

it('never takes an image of another digest', async () => {
  await using node = await startTestNode();
  const pod = makePod({ image: `${testImage}@sha256:${'0'.repeat(64)}` });
  const { uid } = pod.metadata;
  node.api.putPod(pod);
  const reason = () => mainStatus(node.api.status(uid))?.state?.waiting?.reason;
  await node.api.until('it fails', () => reason() === 'ImagePullBackOff');
});

it('does not pull where the policy says never, and finds an image that arrives', async () => {
  const image = 'gantry-agent-late:1';
  await using node = await startTestNode();
  const pod = makePod({ image, container: { imagePullPolicy: 'Never' } });
  const { uid } = pod.metadata;
  node.api.putPod(pod);
  const status = () => mainStatus(node.api.status(uid));
  await node.api.until('it waits', () => status()?.state?.waiting?.reason === 'ErrImageNeverPull');
  expect(status()?.state?.waiting?.message).toBe(`Container image "${image}" is not present with pull policy of Never`);
  await ensureTestImage(image);
  try {
    await node.api.until('it runs', () => status()?.ready === true);
  } finally {
    await engine('DELETE', `/images/${image}?force=1`);
  }
});

it('names an image name that cannot be one', async () => {
  await using node = await startTestNode();
  const pod = makePod({ image: 'Not A Name' });
  const { uid } = pod.metadata;
  node.api.putPod(pod);
  const reason = () => mainStatus(node.api.status(uid))?.state?.waiting?.reason;
  await node.api.until('it is refused', () => reason() === 'InvalidImageName');
});

it('removes its own unused image where the disk is full, and nothing else', async () => {
  await using node = await startTestNode();
  const names = ['gantry-agent-gc-used:1', 'gantry-agent-gc-unused:1', 'gantry-agent-gc-foreign:1'] as const;
  const [used, unused] = names;
  for (const name of names) await ensureTestImage(name);
  const logger = quietLogger();
  const own = await OwnImages.open(join(node.dataDir, 'test-images.json'), logger);
  for (const name of [used, unused]) own.add(name, (await node.runtime.inspectImage(name))?.id ?? '');
  const collector = new ImageGarbageCollector({
    runtime: node.runtime,
    clock: systemClock,
    logger,
    own,
    policy: { highThresholdPercent: 0, lowThresholdPercent: 0, minimumAgeMs: 0 },
    removesForeign: false,
    diskSpace: async () => ({ capacityBytes: 100, availableBytes: 0 }),
    wantedImages: () => [],
    pinnedImages: [],
    event: () => undefined,
  });
  try {
    await node.runPod(makePod({ image: used }));
    await collector.collect();
    const left = await Promise.all(names.map(async (name) => Boolean(await node.runtime.inspectImage(name))));
    expect(left).toEqual([true, false, true]);
  } finally {
    await own.close();
    for (const name of names) await engine('DELETE', `/images/${name}?force=1`);
  }
});
