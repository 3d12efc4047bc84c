/** CPU in thousandths of a core, memory in bytes. */
export interface Amounts {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

/** Equal replicas. */
export interface ReplicaGroup extends Amounts {
  readonly count: number;
}

export interface HostSize extends Amounts {
  /** How many replicas a host takes whatever their size; absent: any number. */
  readonly pods?: number;
}

export interface HostsNeeded {
  readonly hosts: number;
  /** Replicas larger than a whole host: no number of hosts takes them. */
  readonly tooLarge: number;
}

interface OpenHost {
  cpuMilli: number;
  memoryBytes: number;
  pods: number;
}

/**
 * How many equal hosts take all replicas: the largest first, each onto the first host with room (first fit decreasing,
 * at most 22 % above the best packing there is). A pure estimate by requests alone.
 */
export function packHosts(groups: readonly ReplicaGroup[], host: HostSize): HostsNeeded {
  const open: OpenHost[] = [];
  let tooLarge = 0;
  for (const group of largestFirst(groups, host)) {
    let left = group.count;
    for (const place of open) {
      if (left === 0) break;
      left -= take(place, group, left);
    }
    while (left > 0) {
      const fresh = {
        cpuMilli: host.cpuMilli,
        memoryBytes: host.memoryBytes,
        pods: host.pods ?? Number.MAX_SAFE_INTEGER,
      };
      const taken = take(fresh, group, left);
      if (taken === 0) {
        tooLarge += left;
        break;
      }
      open.push(fresh);
      left -= taken;
    }
  }
  return { hosts: open.length, tooLarge };
}

/** How many replicas of one size an empty host takes; Infinity where they ask for nothing. */
export function replicasPerHost(replica: Amounts, host: HostSize): number {
  return Math.min(
    host.pods ?? Number.POSITIVE_INFINITY,
    replica.cpuMilli > 0 ? Math.floor(host.cpuMilli / replica.cpuMilli) : Number.POSITIVE_INFINITY,
    replica.memoryBytes > 0 ? Math.floor(host.memoryBytes / replica.memoryBytes) : Number.POSITIVE_INFINITY,
  );
}

function take(place: OpenHost, replica: Amounts, wanted: number): number {
  const taken = Math.min(wanted, replicasPerHost(replica, place));
  place.cpuMilli -= taken * replica.cpuMilli;
  place.memoryBytes -= taken * replica.memoryBytes;
  place.pods -= taken;
  return taken;
}

function largestFirst(groups: readonly ReplicaGroup[], host: HostSize): ReplicaGroup[] {
  const share = ({ cpuMilli, memoryBytes }: Amounts): number =>
    Math.max(cpuMilli / Math.max(1, host.cpuMilli), memoryBytes / Math.max(1, host.memoryBytes));
  return groups.filter(({ count }) => count > 0).sort((a, b) => share(b) - share(a));
}
