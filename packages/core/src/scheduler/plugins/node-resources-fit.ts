import {
  type FilterResult,
  feasible,
  type NodeFilterPlugin,
  type NodeScorePlugin,
  type Refusal,
} from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { FitClass } from '../pod-classes.ts';

/** Refuses nodes without room for the pod's requests or for one more pod; names every resource that is short. */
export const nodeResourcesFit: NodeFilterPlugin = {
  name: 'NodeResourcesFit',
  dependsOn: 'pods',
  filter: (pod, node) => (fits(pod, node) ? feasible : explainShortage(pod, node)),
};

/** Prefers nodes with the most free cpu and memory (Kubernetes' LeastAllocated strategy). */
export const leastAllocated: NodeScorePlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  dependsOn: 'pods',
  score: (pod, node) => {
    const { milliCpu, memoryBytes } = node.allocatable;
    let sum = 0;
    let resources = 0;
    if (milliCpu > 0) {
      sum += freeShare(milliCpu, node.assumed.milliCpu + pod.assumed.milliCpu);
      resources++;
    }
    if (memoryBytes > 0) {
      sum += freeShare(memoryBytes, node.assumed.memoryBytes + pod.assumed.memoryBytes);
      resources++;
    }
    return resources === 0 ? 0 : Math.floor(sum / resources);
  },
};

function freeShare(allocatable: number, taken: number): number {
  return taken > allocatable ? 0 : Math.floor(((allocatable - taken) * 100) / allocatable);
}

/** A resource the pod does not ask for is never short, even where the node is overcommitted already. */
function lacks(need: number, allocatable: number, requested: number): boolean {
  return need > 0 && need > allocatable - requested;
}

function fits({ requests }: FitClass, { allocatable, requested, pods, allowedPods }: NodeInfo): boolean {
  if (
    pods.size + 1 > allowedPods ||
    lacks(requests.milliCpu, allocatable.milliCpu, requested.milliCpu) ||
    lacks(requests.memoryBytes, allocatable.memoryBytes, requested.memoryBytes) ||
    lacks(requests.ephemeralStorageBytes, allocatable.ephemeralStorageBytes, requested.ephemeralStorageBytes)
  ) {
    return false;
  }
  for (const [name, need] of requests.scalars) {
    if (lacks(need, allocatable.scalars.get(name) ?? 0, requested.scalars.get(name) ?? 0)) return false;
  }
  return true;
}

function explainShortage({ requests }: FitClass, node: NodeInfo): FilterResult {
  const refusals: Refusal[] = [];
  const check = (resource: string, need: number, allocatable = 0, requested = 0): void => {
    if (!lacks(need, allocatable, requested)) return;
    const free = allocatable - requested;
    const reason = resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`;
    refusals.push({ reason, resource, need, free, short: need - free });
  };
  const { allocatable, requested } = node;
  check('pods', 1, node.allowedPods, node.pods.size);
  check('cpu', requests.milliCpu, allocatable.milliCpu, requested.milliCpu);
  check('memory', requests.memoryBytes, allocatable.memoryBytes, requested.memoryBytes);
  check(
    'ephemeral-storage',
    requests.ephemeralStorageBytes,
    allocatable.ephemeralStorageBytes,
    requested.ephemeralStorageBytes,
  );
  for (const [name, need] of requests.scalars) {
    check(name, need, allocatable.scalars.get(name), requested.scalars.get(name));
  }
  return refusals;
}
