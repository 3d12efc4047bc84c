import type { FeedContainer, FeedPod } from '@gantry/api-types/feed';
import type { MockFleet } from './fleet.ts';

/** How long a crashed container waits before it is started again, milliseconds at speed 1. */
const backOffMs = 6_000;

/** Images of this name are in no registry. */
export function isMissingImage({ containers }: FeedPod): boolean {
  return containers.some(({ image }) => image.includes('/missing:'));
}

/** What the agent reports of a pod whose image no registry has. */
export function failPull(fleet: MockFleet, pod: FeedPod): void {
  const message = `Back-off pulling image "${pod.containers[0]?.image}": manifest unknown`;
  const containers = pod.containers.map(
    ({ name, image }): FeedContainer => ({ name, image, state: 'waiting', reason: 'ImagePullBackOff', message }),
  );
  fleet.setPod({ ...pod, status: 'ImagePullBackOff', containers });
  const failure = `Failed to pull image "${pod.containers[0]?.image}": manifest unknown`;
  fleet.event('Pod', pod, 'Warning', 'Failed', failure);
}

/** A container of one of the workload's pods dies, waits its turn and is started again. */
export function crashOne(fleet: MockFleet, workload: string): void {
  const pod = [...fleet.pods.values()].find(({ key, isReady }) => isReady && key.includes(`/${workload}-`));
  if (!pod) return;
  const { isReady: _, ...down } = pod;
  const restarts = (pod.restarts ?? 0) + 1;
  const containers = (change: Partial<FeedContainer>): FeedContainer[] =>
    pod.containers.map(({ name, image }) => ({ name, image, state: 'running', restarts, ...change }));
  const waiting = containers({ state: 'waiting', reason: 'CrashLoopBackOff' });
  fleet.setPod({ ...down, status: 'CrashLoopBackOff', restarts, containers: waiting });
  fleet.event('Pod', pod, 'Warning', 'BackOff', 'Back-off restarting failed container app');
  fleet.reconcile();
  fleet.after(backOffMs, () => {
    const now = fleet.pods.get(pod.key);
    if (!now || now.deletedAt || fleet.isSilent(now.nodeName)) return;
    fleet.setPod({ ...now, status: 'Running', isReady: true, containers: containers({}) });
    fleet.reconcile();
  });
}
