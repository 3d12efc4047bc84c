import { type Amounts, type HostSize, type HostsNeeded, packHosts, type ReplicaGroup } from './pack-hosts.ts';

/**
 * What it would cost to give every replica a virtual machine of its own. A model: its numbers are assumptions that the
 * reader sets, and nothing here is measured.
 */
export interface VmModel {
  /** Memory of the guest's own kernel and services, bytes. */
  readonly guestMemoryBytes: number;
  /** The smallest virtual CPU count, in thousandths; larger replicas are rounded up to whole virtual CPUs. */
  readonly minVcpuMilli: number;
  /** Virtual CPUs per physical core: 4 lets four of them share one. */
  readonly vcpusPerCore: number;
  /** Memory the host needs for each machine beside the guest's (device model, page tables), bytes. */
  readonly hypervisorMemoryBytes: number;
  /** From power-on to a replica that serves, seconds. */
  readonly bootSeconds: number;
}

const Mi = 2 ** 20;

/** A small Linux guest on a usual hypervisor, cpu shared four to one: chosen in favour of virtual machines. */
export const defaultVmModel: VmModel = {
  guestMemoryBytes: 256 * Mi,
  minVcpuMilli: 1000,
  vcpusPerCore: 4,
  hypervisorMemoryBytes: 64 * Mi,
  bootSeconds: 20,
};

/** What a replica takes of its host as a virtual machine. */
export function asVirtualMachine(replica: Amounts, model: VmModel): Amounts {
  const vcpus = Math.max(model.minVcpuMilli / 1000, Math.ceil(replica.cpuMilli / 1000));
  return {
    cpuMilli: Math.round((vcpus * 1000) / Math.max(0.01, model.vcpusPerCore)),
    memoryBytes: replica.memoryBytes + model.guestMemoryBytes + model.hypervisorMemoryBytes,
  };
}

export interface DensityComparison {
  readonly replicas: number;
  readonly containers: HostsNeeded & Amounts;
  readonly machines: HostsNeeded & Amounts;
  /** Memory that only runs guests and the hypervisor, bytes. */
  readonly overheadBytes: number;
}

/** The same replicas as containers and as virtual machines on hosts of one size. */
export function compareDensity(groups: readonly ReplicaGroup[], host: HostSize, model: VmModel): DensityComparison {
  const machines = groups.map((group) => ({ ...asVirtualMachine(group, model), count: group.count }));
  const replicas = groups.reduce((sum, { count }) => sum + count, 0);
  // The limit on pods is the node agent's, not the host's.
  const bare = { cpuMilli: host.cpuMilli, memoryBytes: host.memoryBytes };
  return {
    replicas,
    containers: { ...packHosts(groups, host), ...sum(groups) },
    machines: { ...packHosts(machines, bare), ...sum(machines) },
    overheadBytes: replicas * (model.guestMemoryBytes + model.hypervisorMemoryBytes),
  };
}

function sum(groups: readonly ReplicaGroup[]): Amounts {
  let cpuMilli = 0;
  let memoryBytes = 0;
  for (const group of groups) {
    cpuMilli += group.cpuMilli * group.count;
    memoryBytes += group.memoryBytes * group.count;
  }
  return { cpuMilli, memoryBytes };
}
