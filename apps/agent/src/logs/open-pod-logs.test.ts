import { text } from 'node:stream/consumers';
import type { Container, Pod } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { type FakeNode, fakeImage, startFakeNode } from '../testing/fake-node.ts';
import { makePod } from '../testing/make-pod.ts';

const plain = { container: 'main', follow: false, previous: false, timestamps: false };
const shell = (script: string) => ({ command: ['/bin/sh', '-c', script] });
const crashing = { container: shell('echo ran; exit 1') };

const main = (node: FakeNode, pod: Pod) => node.status(pod).containerStatuses?.[0];

async function read(node: FakeNode, pod: Pod, options: object = {}): Promise<string> {
  return text(await node.manager.openLogs(pod.metadata.uid, { ...plain, ...options }, new AbortController().signal));
}

/** Times before each line tell the attempts apart. */
async function times(node: FakeNode, pod: Pod, options: object = {}): Promise<string> {
  return (await read(node, pod, { ...options, timestamps: true })).split(' ')[0] ?? '';
}

it('reads, while a container waits to be restarted, its last run, which is its previous one too', async () => {
  await using node = await startFakeNode();
  const pod = makePod(crashing);
  node.api.putPod(pod);
  const isWaiting = (restarts: number) => () =>
    main(node, pod)?.state?.waiting?.reason === 'CrashLoopBackOff' && main(node, pod)?.restartCount === restarts;
  await node.until('it waits for its second restart', isWaiting(1));
  const second = await times(node, pod);
  expect(second).not.toBe('');
  expect(await times(node, pod, { previous: true })).toBe(second);
  node.clock.advance(10_000);
  await node.until('it waits for its third restart', isWaiting(2));
  expect((await times(node, pod)) > second).toBe(true);
  expect(await times(node, pod, { previous: true })).toBe(await times(node, pod));
});

it('reads the run before the one at work as the previous one', async () => {
  await using node = await startFakeNode();
  const pod = makePod({ container: shell('echo ran; sleep 3600') });
  await node.runPod(pod);
  const first = await times(node, pod);
  await expect(read(node, pod, { previous: true })).rejects.toThrow(
    `previous terminated container "main" in pod "${pod.metadata.name}" not found`,
  );
  node.clock.advance(700_000);
  node.runtime.exit(node.newest(pod), 1);
  await node.until('it runs again', () => main(node, pod)?.restartCount === 1 && main(node, pod)?.ready === true);
  expect(await times(node, pod, { previous: true })).toBe(first);
  expect((await times(node, pod)) > first).toBe(true);
});

it('reads the last run while the next one is not there yet', async () => {
  await using node = await startFakeNode();
  const pod = makePod({ container: { ...shell('echo ran; sleep 3600'), imagePullPolicy: 'Always' } });
  await node.runPod(pod);
  const first = await times(node, pod);
  node.runtime.registry.pull = () => new Promise(() => undefined);
  node.runtime.exit(node.newest(pod), 1);
  await node.until('its image is pulled again', () => main(node, pod)?.ready === false);
  expect(await times(node, pod)).toBe(first);
});

it('reads init and ephemeral containers by their names', async () => {
  await using node = await startFakeNode();
  const named = (name: string): Container => ({ name, image: fakeImage, ...shell(`echo ${name}`) });
  const pod = makePod({ spec: { initContainers: [named('first')], ephemeralContainers: [named('debug')] } });
  await node.runPod(pod);
  const isOver = () => node.status(pod).ephemeralContainerStatuses?.[0]?.state?.terminated !== undefined;
  await node.until('the ephemeral container has ended', isOver);
  expect(await read(node, pod, { container: 'first' })).toBe('first\n');
  expect(await read(node, pod, { container: 'debug' })).toBe('debug\n');
});
