import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { execIn } from '../testing/test-engine.ts';
import { startTestNode } from '../testing/test-node.ts';

const plain = { container: 'main', follow: false, previous: false, timestamps: false };

it('reads, cuts and follows a container’s log', async () => {
  await using node = await startTestNode();
  const script = 'for i in 1 2 3 4 5; do echo line $i; done; until test -e /end; do sleep 0.1; done; echo last';
  const pod = makePod({ container: { command: ['/bin/sh', '-c', script] }, spec: { restartPolicy: 'Never' } });
  const { uid } = pod.metadata;
  await node.runPod(pod);
  const open = (options: object) => node.manager.openLogs(uid, { ...plain, ...options }, AbortSignal.timeout(60_000));
  const followed = text(await open({ follow: true }));
  // The engine writes down what it is told a moment later.
  await expect.poll(async () => text(await open({}))).toContain('line 5\n');
  expect(await text(await open({ tailLines: 2 }))).toBe('line 4\nline 5\n');
  expect(await text(await open({ limitBytes: 9 }))).toBe('line 1\nli');
  expect(await text(await open({ timestamps: true, tailLines: 1 }))).toMatch(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z line 5\n$/,
  );
  expect(await text(await open({ sinceSeconds: 3600 }))).toMatch(/^line 1\n/);
  expect(await text(await open({ sinceTime: new Date(Date.now() + 3_600_000).toISOString() }))).toBe('');
  await execIn(node.containerId(pod), 'touch', '/end');
  expect(await followed).toBe('line 1\nline 2\nline 3\nline 4\nline 5\nlast\n');
  await expect(open({ previous: true })).rejects.toThrow(
    `previous terminated container "main" in pod "${pod.metadata.name}" not found`,
  );
  await expect(open({ container: 'other' })).rejects.toThrow(
    `container other is not valid for pod ${pod.metadata.name}`,
  );
});

it('stops following when nobody reads any more', async () => {
  await using node = await startTestNode();
  const pod = makePod({ container: { command: ['/bin/sh', '-c', 'while true; do echo on and on; done'] } });
  await node.runPod(pod);
  const abort = new AbortController();
  const stream = await node.manager.openLogs(pod.metadata.uid, { ...plain, follow: true }, abort.signal);
  stream.on('error', () => undefined);
  await new Promise((resolve) => stream.once('readable', resolve));
  // Nobody reads: only the buffers fill.
  expect(stream.readableLength).toBeLessThan(1_000_000);
  const closed = new Promise((resolve) => stream.once('close', resolve));
  abort.abort();
  await closed;
});

it('says why there is no log yet', async () => {
  await using node = await startTestNode();
  const pod = makePod({ image: 'gantry.invalid/none:1' });
  const { uid } = pod.metadata;
  node.api.putPod(pod);
  await node.api.until('it waits', () => node.api.status(uid) !== undefined);
  const opened = node.manager.openLogs(uid, plain, AbortSignal.timeout(5_000));
  await expect(opened).rejects.toThrow(/^container "main" in pod "pod-.*" is waiting to start: /);
});
