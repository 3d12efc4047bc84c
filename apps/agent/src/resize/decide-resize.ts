import type { Pod } from '@gantry/api-types';
import { parsePodRequests } from '@gantry/core/scheduler/pod-requests';
import type { ResourceAmounts } from '@gantry/core/scheduler/resource-amounts';
import { allocatedPod, recallAllocation } from './allocation.ts';

export type ResizeVerdict =
  | { readonly type: 'granted' }
  /** It would fit the node if others left. */
  | { readonly type: 'Deferred'; readonly message: string }
  /** It can never fit this node. */
  | { readonly type: 'Infeasible'; readonly message: string };

export interface ResizeQuestion {
  /** With the resources that it asks for. */
  readonly pod: Pod;
  /** The other pods of the node. */
  readonly others: Iterable<Pod>;
  readonly allocatable: { readonly milliCpu: number; readonly memoryBytes: number };
}

const resources = [
  { name: 'cpu', amountOf: (amounts: Pick<ResourceAmounts, 'milliCpu' | 'memoryBytes'>) => amounts.milliCpu },
  { name: 'memory', amountOf: (amounts: Pick<ResourceAmounts, 'milliCpu' | 'memoryBytes'>) => amounts.memoryBytes },
] as const;

/** Whether the node has what the pod's containers ask for beside those of the others. Pure. */
export function decideResize({ pod, others, allocatable }: ResizeQuestion): ResizeVerdict {
  const wanted = parsePodRequests(pod.spec).requests;
  const used = { milliCpu: 0, memoryBytes: 0 };
  for (const other of others) {
    if (other.metadata.uid === pod.metadata.uid || hasEnded(other)) continue;
    const { requests } = parsePodRequests(allocatedPod(other, recallAllocation(other)).spec);
    used.milliCpu += requests.milliCpu;
    used.memoryBytes += requests.memoryBytes;
  }
  for (const { name, amountOf } of resources) {
    const [requested, capacity] = [amountOf(wanted), amountOf(allocatable)];
    if (requested <= capacity) continue;
    const message = `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}`;
    return { type: 'Infeasible', message };
  }
  for (const { name, amountOf } of resources) {
    const [requested, taken, capacity] = [amountOf(wanted), amountOf(used), amountOf(allocatable)];
    if (requested + taken <= capacity) continue;
    const numbers = `requested: ${requested}, used: ${taken}, capacity: ${capacity}`;
    return { type: 'Deferred', message: `Node didn't have enough resource: ${name}, ${numbers}` };
  }
  return { type: 'granted' };
}

function hasEnded({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed';
}
