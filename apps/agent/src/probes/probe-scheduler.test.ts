import type { Probe } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { startFakeNode } from '../testing/fake-node.ts';
import { makePod } from '../testing/make-pod.ts';

const seconds = 1_000;
const exec = (script: string, more: Partial<Probe> = {}): Probe => ({
  exec: { command: ['/bin/sh', '-c', script] },
  ...more,
});

it('leaves a container the initial delay of its liveness probe, however soon its startup probe succeeds', async () => {
  await using node = await startFakeNode();
  const livenessProbe = exec('exit 1', { initialDelaySeconds: 60, failureThreshold: 1 });
  const pod = makePod({ container: { startupProbe: exec('exit 0'), livenessProbe } });
  await node.runPod(pod);
  const main = () => node.status(pod).containerStatuses?.[0];
  await node.clock.advanceAsync(1 * seconds);
  await node.until('it has started', () => main()?.started === true);
  await node.clock.advanceAsync(49 * seconds);
  expect(node.api.eventTexts(pod.metadata.uid).filter((text) => text.startsWith('Unhealthy'))).toEqual([]);
  await node.clock.advanceAsync(11 * seconds);
  await node.until('it is restarted', () => main()?.restartCount === 1);
});

it('asks whether it is ready as soon as it has started', async () => {
  await using node = await startFakeNode();
  const readinessProbe = exec('exit 0', { periodSeconds: 600 });
  const startupProbe = exec('exit 0', { initialDelaySeconds: 30 });
  const pod = makePod({ container: { startupProbe, readinessProbe } });
  await node.runPod(pod);
  await node.clock.advanceAsync(31 * seconds);
  await node.until('it is ready', () => node.status(pod).containerStatuses?.[0]?.ready === true);
});
