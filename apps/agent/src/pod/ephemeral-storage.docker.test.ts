import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { startTestNode } from '../testing/test-node.ts';

it('counts what a container logs as storage of its own', async () => {
  await using node = await startTestNode({ storageCheckMs: 500 });
  const pod = makePod({
    container: {
      command: ['/bin/sh', '-c', 'dd if=/dev/zero bs=1k count=400; exec sleep 3600'],
      resources: { limits: { 'ephemeral-storage': '1Mi' } },
    },
  });
  node.api.putPod(pod);
  // The engine writes each of the 400 KiB of zeros as `\u0000`.
  await node.api.until('it was evicted', () => node.api.status(pod.metadata.uid)?.phase === 'Failed');
  const status = node.api.status(pod.metadata.uid);
  const message = 'Container main exceeded its local ephemeral storage limit "1Mi". ';
  expect(status).toMatchObject({ reason: 'Evicted', message });
  expect(status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message }),
  );
});
