import type { Pod } from '@gantry/api-types';
import { parseAmounts, parsePodRequests } from '../scheduler/pod-requests.ts';
import { formatAmount, type MetThreshold, signalFacts } from './signals.ts';

/** What a pod's containers use of what is short; `shared` belongs to the pod as a whole, as its volumes do. */
export interface PodConsumption {
  readonly pod: Pod;
  readonly containers: ReadonlyMap<string, number>;
  readonly shared: number;
}

/** Pods of at least this priority keep the node or the cluster going. */
const criticalPriority = 2_000_000_000;

/**
 * The pods that may be evicted, in the kubelet's order: those that use more than they asked for, then by priority,
 * then by how much more they use. For inodes and processes, for which nobody asks, by priority and use. Pure.
 */
export function rankForEviction(pods: readonly PodConsumption[], met: MetThreshold): readonly PodConsumption[] {
  const ranked = pods
    .filter(({ pod }) => (pod.spec.priority ?? 0) < criticalPriority)
    .map((consumption) => ({ consumption, ...excessOf(consumption, met) }));
  const byExcess = signalFacts[met.signal].isInBytes;
  return ranked
    .toSorted(
      (a, b) =>
        (byExcess ? Number(b.excess > 0) - Number(a.excess > 0) : 0) ||
        (a.consumption.pod.spec.priority ?? 0) - (b.consumption.pod.spec.priority ?? 0) ||
        b.excess - a.excess,
    )
    .map(({ consumption }) => consumption);
}

function excessOf({ pod, containers, shared }: PodConsumption, met: MetThreshold): { readonly excess: number } {
  const used = [...containers.values()].reduce((sum, amount) => sum + amount, shared);
  const { requests } = parsePodRequests(pod.spec);
  const { resource } = signalFacts[met.signal];
  const asked =
    resource === 'memory'
      ? requests.memoryBytes
      : resource === 'ephemeral-storage'
        ? requests.ephemeralStorageBytes
        : 0;
  return { excess: used - asked };
}

/** The kubelet's message of an eviction: what was short, and which of the pod's containers use more than they asked for. */
export function evictionMessage({ pod, containers }: PodConsumption, met: MetThreshold): string {
  const { resource } = signalFacts[met.signal];
  const quantity = (amount: number) => formatAmount(met.signal, amount);
  const parts = [
    `The node was low on resource: ${resource}. `,
    `Threshold quantity: ${quantity(met.limit)}, available: ${quantity(met.available)}. `,
  ];
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const used = containers.get(container.name);
    const amounts = parseAmounts(container.resources?.requests);
    const asked =
      resource === 'memory'
        ? amounts.memoryBytes
        : resource === 'ephemeral-storage'
          ? amounts.ephemeralStorageBytes
          : undefined;
    if (used === undefined || asked === undefined || used <= asked) continue;
    const request = asked === 0 ? '0' : quantity(asked);
    parts.push(
      `Container ${container.name} was using ${quantity(used)}, request is ${request}, has larger consumption of ${resource}. `,
    );
  }
  return parts.join('');
}
