import type { FeedNode, FeedPod, FeedResources } from '@gantry/api-types/feed';
import type { NodeUsage } from '@gantry/api-types/usage';
import { isTerminated } from './pod-state.ts';

/** One resource of a node or of the whole cluster: milli-cpu, or bytes. */
export interface Rail {
  readonly requested: number;
  readonly limits: number;
  /** Undefined until the agent has sent a sample. */
  readonly used: number | undefined;
  readonly allocatable: number;
  readonly capacity: number;
}

export interface Rails {
  readonly cpu: Rail;
  readonly memory: Rail;
  /** Pods that have not ended. */
  readonly podCount: number;
  readonly podCapacity: number;
}

/**
 * The sums of a node, as `kubectl describe node` counts them: requests and limits of every pod bound to it that has not
 * ended, against allocatable.
 */
export function nodeRails(node: FeedNode, pods: Iterable<FeedPod>, usage: NodeUsage | undefined): Rails {
  const requests = { cpuMilli: 0, memoryBytes: 0 };
  const limits = { cpuMilli: 0, memoryBytes: 0 };
  let podCount = 0;
  for (const pod of pods) {
    if (isTerminated(pod)) continue;
    podCount++;
    add(requests, pod.requests);
    add(limits, pod.limits);
  }
  const rail = (field: keyof FeedResources): Rail => ({
    requested: requests[field],
    limits: limits[field],
    used: usage?.[field],
    allocatable: node.allocatable[field],
    capacity: node.capacity[field],
  });
  return { cpu: rail('cpuMilli'), memory: rail('memoryBytes'), podCount, podCapacity: node.allocatable.pods };
}

/** The sums over several nodes. `used` is of those nodes that have a sample. */
export function sumRails(all: Iterable<Rails>): Rails {
  const zero: Rail = { requested: 0, limits: 0, used: undefined, allocatable: 0, capacity: 0 };
  let total: Rails = { cpu: zero, memory: zero, podCount: 0, podCapacity: 0 };
  for (const rails of all) {
    total = {
      cpu: sumRail(total.cpu, rails.cpu),
      memory: sumRail(total.memory, rails.memory),
      podCount: total.podCount + rails.podCount,
      podCapacity: total.podCapacity + rails.podCapacity,
    };
  }
  return total;
}

/** Where allocatable ends on a bar, as a share of its width: the rest shows what is reserved and limits beyond. */
export const allocatableEnd = 0.86;

/** The parts of a bar, each as a share (0 to 1) of its width: nothing is ever drawn past its end. */
export interface RailShares {
  readonly used: number;
  readonly requested: number;
  readonly limits: number;
  /** Where what the system keeps for itself ends; it begins at {@link allocatableEnd}. */
  readonly capacity: number;
  /** More is requested or used than there is. */
  readonly isOver: boolean;
}

export function railShares(rail: Rail): RailShares {
  const at = (amount: number): number =>
    rail.allocatable > 0 ? Math.min(1, (Math.max(0, amount) / rail.allocatable) * allocatableEnd) : 0;
  return {
    used: at(rail.used ?? 0),
    requested: at(rail.requested),
    limits: at(rail.limits),
    capacity: Math.max(allocatableEnd, at(rail.capacity)),
    isOver: rail.requested > rail.allocatable || (rail.used ?? 0) > rail.allocatable,
  };
}

function sumRail(a: Rail, b: Rail): Rail {
  return {
    requested: a.requested + b.requested,
    limits: a.limits + b.limits,
    used: a.used === undefined && b.used === undefined ? undefined : (a.used ?? 0) + (b.used ?? 0),
    allocatable: a.allocatable + b.allocatable,
    capacity: a.capacity + b.capacity,
  };
}

function add(sum: { cpuMilli: number; memoryBytes: number }, part: FeedResources): void {
  sum.cpuMilli += part.cpuMilli;
  sum.memoryBytes += part.memoryBytes;
}
