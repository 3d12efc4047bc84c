import type { FeedPod, FeedResources } from '@gantry/api-types/feed';
import type { PodUsage } from '@gantry/api-types/usage';
import { asVirtualMachine, type VmModel } from '@gantry/core/density/vm-model';
import { isTerminated } from '../state/pod-state.ts';

/** What the area of a tile stands for. */
export type Lens = 'requests' | 'used' | 'limits' | 'density' | 'vms';

/** In the order of the switch: name, and what the area says. */
export const lensWords: Readonly<Record<Lens, { readonly name: string; readonly says: string }>> = {
  requests: { name: 'Requests', says: 'A tile is as large as the request, along the tighter resource; empty is free.' },
  used: { name: 'Used', says: 'A tile is as large as what the pod uses now, along the tighter resource.' },
  limits: { name: 'Limits', says: 'A tile is as large as the limit; below the line the node has promised too much.' },
  density: {
    name: 'Density',
    says: 'A tile is as large as its share of what the node costs, half by CPU, half by memory; the full part is used.',
  },
  vms: { name: 'As VMs', says: 'A model, not a measurement: each replica as a virtual machine of its own.' },
};

export const lensNames = Object.keys(lensWords) as readonly Lens[];

/** The lens a link names; `requests` where it names none or one that is unknown. */
export function parseLens(text: string | undefined): Lens {
  return lensNames.find((name) => name === text) ?? 'requests';
}

export interface LensInput {
  readonly pod: FeedPod;
  readonly allocatable: FeedResources;
  readonly usage: PodUsage | undefined;
  readonly model: VmModel;
}

/** The share of the node (0 to 1) that is the area of a pod's tile. Ended pods hold nothing. */
export function lensShare(lens: Lens, input: LensInput): number {
  const { pod, allocatable, usage } = input;
  if (isTerminated(pod)) return 0;
  if (lens === 'used') return usage ? steady(tighterShare(usage, allocatable)) : 0;
  if (lens === 'limits') return tighterShare(pod.limits, allocatable);
  if (lens === 'density') return costShare(pod.requests, allocatable);
  if (lens === 'vms') return tighterShare(asVirtualMachine(pod.requests, input.model), allocatable);
  return tighterShare(pod.requests, allocatable);
}

/** The larger of the two shares of the node, at most 1. */
export function tighterShare(amounts: FeedResources, allocatable: FeedResources): number {
  const { cpu, memory } = shares(amounts, allocatable);
  return Math.min(1, Math.max(cpu, memory));
}

/** What part of a node somebody pays for: its resources cost half by cpu and half by memory. */
export function costShare(amounts: FeedResources, allocatable: FeedResources): number {
  const { cpu, memory } = shares(amounts, allocatable);
  return Math.min(1, (cpu + memory) / 2);
}

function shares(amounts: FeedResources, allocatable: FeedResources): { cpu: number; memory: number } {
  return {
    cpu: allocatable.cpuMilli > 0 ? amounts.cpuMilli / allocatable.cpuMilli : 0,
    memory: allocatable.memoryBytes > 0 ? amounts.memoryBytes / allocatable.memoryBytes : 0,
  };
}

/** Steps of one percent: samples come every two seconds, and tiles must not twitch with each. */
function steady(share: number): number {
  return Math.ceil(share * 100) / 100;
}

/** What a tile shows beside its state. Rounded, so that a tile is drawn anew only when one could see the difference. */
export interface TileMarks {
  /** Working set against the memory limit, 0 to 1, where there is a limit and a sample. */
  readonly memory?: number;
  /** Used of requested along the tighter resource, 0 to 1, in the density lens. */
  readonly fill?: number;
  /** Its CPU limit held it back. */
  readonly isThrottled?: boolean;
}

/** A pod held back in more than this part of its scheduling periods is marked. */
const throttledFrom = 0.05;
const steps = 20;

export function tileMarks(lens: Lens, pod: FeedPod, usage: PodUsage | undefined): TileMarks {
  if (!usage) return {};
  const limit = pod.limits.memoryBytes;
  return {
    ...(limit > 0 ? { memory: rounded(usage.memoryBytes / limit) } : {}),
    ...(lens === 'density' ? { fill: rounded(usedOfRequested(pod, usage)) } : {}),
    ...(usage.throttledRatio > throttledFrom ? { isThrottled: true } : {}),
  };
}

function usedOfRequested(pod: FeedPod, usage: PodUsage): number {
  const parts = (['cpuMilli', 'memoryBytes'] as const)
    .filter((field) => pod.requests[field] > 0)
    .map((field) => usage[field] / pod.requests[field]);
  return parts.length === 0 ? 0 : parts.reduce((sum, part) => sum + Math.min(1, part), 0) / parts.length;
}

function rounded(share: number): number {
  return Math.min(1, Math.round(share * steps) / steps);
}
