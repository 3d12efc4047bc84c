import type { FeedPod, FeedWorkload } from '@gantry/api-types/feed';
import type { MockFleet } from './fleet.ts';
import { makeDeployment, makePod, makeReplicaSet } from './objects.ts';

const Mi = 1024 * 1024;
const workloads = 8;
/** From a successor's creation to Ready, milliseconds. */
const startMs = 900;

/** Fills every node with this many running pods of a few workloads, all at once: for looking at large clusters. */
export function fillNodes(fleet: MockFleet, podsPerNode: number): void {
  const requests = { cpuMilli: Math.floor(3600 / podsPerNode), memoryBytes: Math.floor(7000 / podsPerNode) * Mi };
  const total = fleet.nodes.size * podsPerNode;
  const deployments = Array.from({ length: workloads }, (_, index): FeedWorkload => {
    const replicas = Math.floor(total / workloads) + (index < total % workloads ? 1 : 0);
    const made = makeDeployment({ name: `load-${index + 1}`, replicas, requests }, `load-${index + 1}`, fleet.now);
    return { ...made, readyReplicas: replicas, availableReplicas: replicas, currentReplicas: replicas };
  });
  for (const deployment of deployments) {
    fleet.setWorkload(deployment);
    fleet.setWorkload(makeReplicaSet(deployment, deployment.uid, fleet.now));
  }
  let index = 0;
  for (const node of fleet.nodes.keys()) {
    for (let i = 0; i < podsPerNode; i++, index++) {
      const deployment = deployments[index % workloads];
      if (deployment) fleet.setPod(running(makePod(deployment, `f${index.toString(36)}`, fleet.now), node));
    }
  }
}

/** From now on replaces so many pods a second by successors on the same node, which take a moment to start. */
export function startChurn(fleet: MockFleet, perSecond: number): void {
  const names = [...fleet.pods.keys()];
  const starting: { readonly pod: FeedPod; readonly at: number }[] = [];
  let next = 0;
  let last = fleet.now;
  let owed = 0;
  fleet.onAdvance = (now) => {
    owed += ((now - last) / 1000) * perSecond;
    last = now;
    while (starting[0] && starting[0].at <= now) {
      const due = starting.shift();
      if (due?.pod.nodeName && fleet.pods.has(due.pod.key)) fleet.setPod(running(due.pod, due.pod.nodeName));
    }
    for (; owed >= 1 && names.length > 0; owed--) {
      // A stride that meets every pod before it meets one twice, and all nodes alike.
      next = (next + 7919) % names.length;
      const successor = replace(fleet, names[next] ?? '', now);
      if (!successor) continue;
      names[next] = successor.key;
      starting.push({ pod: successor, at: now + startMs });
    }
  };
}

function replace(fleet: MockFleet, key: string, now: number): FeedPod | undefined {
  const old = fleet.pods.get(key);
  const set = old?.owner && fleet.workloads.get(`ReplicaSet/default/${old.owner.name}`);
  const deployment = set?.owner && fleet.workloads.get(`Deployment/default/${set.owner.name}`);
  if (!old?.nodeName || !deployment) return undefined;
  fleet.dropPod(key);
  const id = `c${Math.round(now).toString(36)}${fleet.revision.toString(36)}`;
  const successor = { ...makePod(deployment, id, now), nodeName: old.nodeName, status: 'ContainerCreating' };
  fleet.setPod(successor);
  return successor;
}

function running(pod: FeedPod, nodeName: string): FeedPod {
  const containers = pod.containers.map(({ name, image }) => ({ name, image, state: 'running' as const }));
  return { ...pod, nodeName, phase: 'Running', status: 'Running', isReady: true, containers };
}
