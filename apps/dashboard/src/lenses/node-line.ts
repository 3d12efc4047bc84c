import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import { asVirtualMachine, type VmModel } from '@gantry/core/density/vm-model';
import { count, formatBytes, formatCpu } from '../format.ts';
import { isTerminated } from '../state/pod-state.ts';
import type { Rails } from '../state/rails.ts';
import type { Lens } from './lens.ts';

export interface NodeLineInput {
  readonly node: FeedNode;
  readonly rails: Rails;
  readonly pods: Iterable<FeedPod>;
  readonly model: VmModel;
}

/** The line under a node's tiles: how many pods, and what the lens says of them in numbers. */
export function nodeLine(lens: Lens, { node, rails, pods, model }: NodeLineInput): string {
  const { cpu, memory, podCount, podCapacity } = rails;
  if (lens === 'density') {
    const perCore = node.allocatable.cpuMilli > 0 ? (podCount * 1000) / node.allocatable.cpuMilli : 0;
    const used =
      cpu.used !== undefined && cpu.requested > 0 ? `, ${percent(cpu.used / cpu.requested)} of CPU used` : '';
    return `${count(podCount, 'pod')}, ${perCore.toFixed(1)} per core${used}`;
  }
  if (lens === 'limits')
    return `${count(podCount, 'pod')}, limits ${percent(ratio(cpu.limits, cpu.allocatable))} of CPU, ${percent(ratio(memory.limits, memory.allocatable))} of memory`;
  if (lens === 'vms') {
    let [cpuMilli, memoryBytes] = [0, 0];
    for (const pod of pods) {
      if (isTerminated(pod)) continue;
      const machine = asVirtualMachine(pod.requests, model);
      cpuMilli += machine.cpuMilli;
      memoryBytes += machine.memoryBytes;
    }
    return `as VMs ${formatCpu(cpuMilli)} of ${formatCpu(cpu.allocatable)}, ${formatBytes(memoryBytes)} of ${formatBytes(memory.allocatable)}`;
  }
  return `${count(podCount, 'pod')} of ${podCapacity}`;
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
