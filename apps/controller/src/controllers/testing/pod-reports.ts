import type { Pod } from '@gantry/api-types';
import { formatTime } from '@gantry/core/lib/timestamp';
import type { TestRig } from './test-rig.ts';

/** What a node says of a pod that runs and is ready. */
export async function makeReady(rig: TestRig, pod: Pod): Promise<void> {
  const at = formatTime(rig.clock.now());
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: at }];
  await rig.cluster.client.updateStatus('pods', { ...pod, status: { phase: 'Running', conditions } });
}

/** What a node says of a pod that has ended. */
export async function endPod(rig: TestRig, pod: Pod, phase: 'Succeeded' | 'Failed'): Promise<void> {
  const finishedAt = formatTime(rig.clock.now());
  const terminated = { exitCode: phase === 'Failed' ? 1 : 0, finishedAt };
  const status = { name: 'main', ready: false, restartCount: 0, image: '', imageID: '', state: { terminated } };
  await rig.cluster.client.updateStatus('pods', { ...pod, status: { phase, containerStatuses: [status] } });
}

/** Lets time pass with nodes that bring every pod up. */
export async function makeAllReady(rig: TestRig, rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const pod of rig.cluster.list('pods')) {
      if (pod.status.phase === 'Pending') await makeReady(rig, pod);
    }
    await rig.pass();
  }
}

/** The names of all pods, in order. */
export function podNames(rig: TestRig): string[] {
  return rig.cluster
    .list('pods')
    .map(({ metadata }) => metadata.name)
    .toSorted((a, b) => (a < b ? -1 : 1));
}
