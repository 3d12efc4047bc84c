import { type NodeFacts, noFacts } from './node-facts.ts';
import type { HostPort } from './pod-classes.ts';
import type { PodInfo } from './pod-info.ts';
import { addAmounts, copyAmounts, type MutableAmounts, type ResourceAmounts, zeroAmounts } from './resource-amounts.ts';

/** One node and the pods on it, with running totals. Read-only for all but the snapshot that owns it. */
export interface NodeInfo extends NodeFacts {
  readonly name: string;
  /** Position in the snapshot's arrays; -1 while pods name a node that does not exist. */
  readonly slot: number;
  /** Changes with the facts: what was derived from them may be kept while this stays the same. */
  readonly factsVersion: number;
  readonly requested: ResourceAmounts;
  /** As `requested`, with Kubernetes' assumed amounts for containers that request nothing. */
  readonly assumed: { readonly milliCpu: number; readonly memoryBytes: number };
  readonly pods: ReadonlyMap<string, PodInfo>;
  /** How many pods use a host port, by `protocol/port` and address. */
  readonly usedPorts: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** The key of {@link NodeInfo.usedPorts}. */
export function portKey(port: HostPort): string {
  return `${port.protocol}/${port.port}`;
}

/** The snapshot's own, writable record of a node. Copied before a write where a clone shares it (`owner`). */
export class NodeRecord implements NodeInfo {
  readonly name: string;
  readonly owner: object;
  slot = -1;
  factsVersion = 0;
  labels = noFacts.labels;
  taints = noFacts.taints;
  isUnschedulable = false;
  allocatable = noFacts.allocatable;
  allowedPods = 0;
  imageSizes = noFacts.imageSizes;
  readonly requested: MutableAmounts = zeroAmounts();
  readonly assumed = { milliCpu: 0, memoryBytes: 0 };
  readonly pods = new Map<string, PodInfo>();
  readonly usedPorts = new Map<string, Map<string, number>>();

  constructor(name: string, owner: object) {
    this.name = name;
    this.owner = owner;
  }

  copyFor(owner: object): NodeRecord {
    const copy = new NodeRecord(this.name, owner);
    copy.slot = this.slot;
    copy.setFacts(this, this.factsVersion);
    Object.assign(copy.requested, copyAmounts(this.requested));
    Object.assign(copy.assumed, this.assumed);
    for (const [uid, pod] of this.pods) copy.pods.set(uid, pod);
    for (const [key, addresses] of this.usedPorts) copy.usedPorts.set(key, new Map(addresses));
    return copy;
  }

  setFacts(facts: NodeFacts, version: number): void {
    this.factsVersion = version;
    this.labels = facts.labels;
    this.taints = facts.taints;
    this.isUnschedulable = facts.isUnschedulable;
    this.allocatable = facts.allocatable;
    this.allowedPods = facts.allowedPods;
    this.imageSizes = facts.imageSizes;
  }

  clearFacts(): void {
    this.setFacts(noFacts, 0);
  }

  addPod(pod: PodInfo): void {
    this.pods.set(pod.uid, pod);
    this.#account(pod, 1);
  }

  removePod(pod: PodInfo): void {
    this.pods.delete(pod.uid);
    this.#account(pod, -1);
  }

  #account({ fit }: PodInfo, sign: 1 | -1): void {
    addAmounts(this.requested, fit.requests, sign);
    this.assumed.milliCpu += sign * fit.assumed.milliCpu;
    this.assumed.memoryBytes += sign * fit.assumed.memoryBytes;
    for (const port of fit.hostPorts) this.#accountPort(port, sign);
  }

  #accountPort(port: HostPort, sign: 1 | -1): void {
    const key = portKey(port);
    const addresses = this.usedPorts.get(key) ?? new Map<string, number>();
    const count = (addresses.get(port.address) ?? 0) + sign;
    if (count > 0) addresses.set(port.address, count);
    else addresses.delete(port.address);
    if (addresses.size > 0) this.usedPorts.set(key, addresses);
    else this.usedPorts.delete(key);
  }
}
