import type { Node, Pod } from '@gantry/api-types';
import { ChangeJournal } from './change-journal.ts';
import { buildEligibility, type Eligibility } from './eligibility.ts';
import { ImageCounts } from './image-counts.ts';
import { hasSameFacts, hasSameLabels, parseNodeFacts } from './node-facts.ts';
import { type NodeInfo, NodeRecord } from './node-info.ts';
import type { FitClass } from './pod-classes.ts';
import { PodGroups } from './pod-groups.ts';
import { type PodInfo, PodInfoFactory } from './pod-info.ts';
import { preparePodVolumes, type VolumeDecision } from './pod-volumes.ts';
import { buildTopology, type Topology } from './topology.ts';
import { VolumeState } from './volume-state.ts';

interface PlacedPod {
  readonly pod: PodInfo;
  readonly nodeName: string;
  /** Placed by the scheduler, not yet seen bound. */
  readonly isAssumed: boolean;
}

/**
 * The cluster as the scheduler sees it: nodes, the pods on them, and totals, kept up to date change by change.
 * - Every method is idempotent and takes the present state, so lost, doubled and reordered events do no harm. Pods may
 *   arrive before their node.
 * - `clone` costs a few map copies: node records are shared until one side changes them.
 * - Two snapshots that were told the same state hold the same totals, whatever the order.
 */
export class ClusterSnapshot {
  readonly factory: PodInfoFactory;
  readonly groups: PodGroups;
  readonly images: ImageCounts;
  /** Told through {@link changeVolumes}. */
  readonly volumes: VolumeState;
  readonly journal = new ChangeJournal();
  #owner: object = {};
  readonly #nodes: Map<string, NodeRecord>;
  readonly #slots: (NodeRecord | undefined)[];
  readonly #freeSlots: number[];
  readonly #pods: Map<string, PlacedPod>;
  #topologies = new Map<string, Topology>();
  #nodeCount = 0;
  #sequence = 0;
  #nodesVersion = 0;
  #factsVersion = 0;
  #eligibility = new WeakMap<FitClass, Eligibility>();
  #imagesVersion = 0;
  #reliefVersion = 0;

  /** Empty, or a copy of `source` (see {@link clone}). */
  constructor(source?: ClusterSnapshot) {
    this.factory = source?.factory ?? new PodInfoFactory();
    this.groups = new PodGroups(source?.groups);
    this.#nodes = new Map(source ? source.#nodes : []);
    this.#slots = source ? [...source.#slots] : [];
    this.#freeSlots = source ? [...source.#freeSlots] : [];
    this.#pods = new Map(source ? source.#pods : []);
    this.images = new ImageCounts(source?.images);
    this.volumes = new VolumeState(source?.volumes);
    this.#nodeCount = source?.nodeCount ?? 0;
    this.#factsVersion = source ? source.#factsVersion : 0;
    if (source) source.#owner = {};
  }

  /** An independent snapshot of the same state. */
  clone(): ClusterSnapshot {
    return new ClusterSnapshot(this);
  }

  /** The nodes by slot; slots of removed nodes are undefined until reused. */
  get slots(): readonly (NodeInfo | undefined)[] {
    return this.#slots;
  }

  get nodeCount(): number {
    return this.#nodeCount;
  }

  /** Grows with every change that scheduling may depend on. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Grows when a node appears, vanishes or changes its labels or taints. */
  get nodesVersion(): number {
    return this.#nodesVersion;
  }

  get imagesVersion(): number {
    return this.#imagesVersion;
  }

  /** Grows with changes that may make room: a node changed or a pod left. */
  get reliefVersion(): number {
    return this.#reliefVersion;
  }

  /** The node, if it exists (not just pods that name it). */
  node(name: string): NodeInfo | undefined {
    const record = this.#nodes.get(name);
    return record && record.slot >= 0 ? record : undefined;
  }

  /** The pod and the node it takes room on. */
  placed(uid: string): PlacedPod | undefined {
    return this.#pods.get(uid);
  }

  topology(key: string): Topology {
    const known = this.#topologies.get(key);
    if (known) return known;
    const topology = buildTopology(key, this.#slots);
    this.#topologies.set(key, topology);
    return topology;
  }

  /** For each slot whether the pod's node selector and affinity (and its tolerations) admit the node. */
  eligibility(fit: FitClass): Eligibility {
    const known = this.#eligibility.get(fit);
    if (known?.nodesVersion === this.#nodesVersion) return known;
    const eligibility = buildEligibility(fit, this.#slots, this.#nodesVersion);
    this.#eligibility.set(fit, eligibility);
    return eligibility;
  }

  /** Adds or updates a node. False where nothing changed that scheduling looks at (a heartbeat). */
  setNode(node: Node): boolean {
    const facts = parseNodeFacts(node);
    const known = this.#nodes.get(node.metadata.name);
    if (known && known.slot >= 0 && hasSameFacts(known, facts)) return false;
    const record = this.#writable(node.metadata.name);
    const isNew = record.slot < 0;
    if (isNew || !hasSameLabels(record, facts)) this.#nodesChanged();
    if (this.images.replace(record.imageSizes, facts.imageSizes)) this.#imagesVersion++;
    record.setFacts(facts, ++this.#factsVersion);
    if (isNew) this.#occupySlot(record);
    this.#touch(record);
    this.#reliefVersion++;
    return true;
  }

  removeNode(name: string): void {
    if (!this.node(name)) return;
    const record = this.#writable(name);
    for (const pod of record.pods.values()) this.groups.count(pod, record.slot, -1);
    if (this.images.replace(record.imageSizes, new Map())) this.#imagesVersion++;
    this.#touch(record);
    this.#slots[record.slot] = undefined;
    this.#freeSlots.push(record.slot);
    this.#nodeCount--;
    record.slot = -1;
    record.clearFacts();
    if (record.pods.size === 0) this.#nodes.delete(name);
    this.#nodesChanged();
    this.#reliefVersion++;
  }

  /**
   * Takes in a pod's present state: bound pods take room on their node until they are finished. A pod that is assumed
   * and not seen bound yet stays assumed.
   */
  setPod(source: Pod | PodInfo): void {
    const pod = 'fit' in source ? source : this.factory.parse(source);
    const known = this.#pods.get(pod.uid);
    if (pod.nodeName === undefined && known?.isAssumed && !pod.isFinished) return;
    if (pod.nodeName === undefined || pod.isFinished) this.removePod(pod.uid);
    else this.#place(pod, pod.nodeName, false);
  }

  /** Takes a pod (bound or assumed) off its node. */
  removePod(uid: string): void {
    const known = this.#pods.get(uid);
    if (!known) return;
    this.#unplace(known);
    this.#reliefVersion++;
    if (known.pod.claims.length > 0) this.volumes.forget(known.pod);
  }

  /** Counts a pod on the node it is about to be bound to; returns what has to be bound before, if it has claims. */
  assume(pod: PodInfo, nodeName: string): VolumeDecision | undefined {
    const decision = pod.claims.length > 0 ? this.#assumeVolumes(pod, nodeName) : undefined;
    this.#place(pod, nodeName, true);
    return decision;
  }

  /** Takes back {@link assume}; does nothing once the pod was seen bound. */
  forget(uid: string): void {
    if (this.#pods.get(uid)?.isAssumed) this.removePod(uid);
  }

  /** Tells of claims, volumes and storage classes. */
  changeVolumes(change: (volumes: VolumeState) => void): void {
    change(this.volumes);
    this.#sequence++;
  }

  /** Grows with what pods with claims may depend on. */
  get volumesVersion(): number {
    return this.volumes.version;
  }

  #assumeVolumes(pod: PodInfo, nodeName: string): VolumeDecision | undefined {
    const node = this.node(nodeName);
    const decision = node && preparePodVolumes(pod, this.volumes).decide(node);
    for (const { claim, volume } of decision?.bindings ?? []) {
      this.volumes.assume(claim.key, { podUid: pod.uid, nodeName, volumeName: volume.metadata.name });
    }
    for (const { key } of decision?.toProvision ?? []) {
      this.volumes.assume(key, { podUid: pod.uid, nodeName, volumeName: undefined });
    }
    return decision;
  }

  /** The labels of a namespace (for namespace selectors); undefined when it is gone. */
  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    if (!this.groups.setNamespace(name, labels)) return;
    this.#sequence++;
    this.#reliefVersion++;
  }

  #place(pod: PodInfo, nodeName: string, isAssumed: boolean): void {
    const known = this.#pods.get(pod.uid);
    if (known) {
      this.#pods.set(pod.uid, { pod, nodeName, isAssumed });
      if (known.nodeName === nodeName && countsAlike(known.pod, pod)) {
        this.#writable(nodeName).pods.set(pod.uid, pod);
        return;
      }
      this.#unplace(known);
      // What it held before may now be free for others.
      this.#reliefVersion++;
    }
    this.#pods.set(pod.uid, { pod, nodeName, isAssumed });
    const record = this.#writable(nodeName);
    record.addPod(pod);
    if (pod.claims.length > 0) this.volumes.addUser(pod);
    if (record.slot >= 0) this.groups.count(pod, record.slot, 1);
    this.#touch(record);
  }

  #unplace({ pod, nodeName }: PlacedPod): void {
    this.#pods.delete(pod.uid);
    const record = this.#writable(nodeName);
    record.removePod(pod);
    if (pod.claims.length > 0) this.volumes.removeUser(pod);
    if (record.slot >= 0) this.groups.count(pod, record.slot, -1);
    else if (record.pods.size === 0) this.#nodes.delete(nodeName);
    this.#touch(record);
  }

  #writable(name: string): NodeRecord {
    const known = this.#nodes.get(name);
    if (known?.owner === this.#owner) return known;
    const record = known?.copyFor(this.#owner) ?? new NodeRecord(name, this.#owner);
    this.#nodes.set(name, record);
    if (record.slot >= 0) this.#slots[record.slot] = record;
    return record;
  }

  #occupySlot(record: NodeRecord): void {
    record.slot = this.#freeSlots.pop() ?? this.#slots.length;
    this.#slots[record.slot] = record;
    this.#nodeCount++;
    for (const pod of record.pods.values()) this.groups.count(pod, record.slot, 1);
  }

  #nodesChanged(): void {
    this.#nodesVersion++;
    this.#topologies = new Map();
    // The share of nodes that hold an image depends on how many nodes there are.
    this.#imagesVersion++;
  }

  #touch(record: NodeRecord): void {
    this.#sequence++;
    if (record.slot >= 0) this.journal.append(record.slot);
  }
}

/** Whether replacing one by the other leaves every total as it is. */
function countsAlike(a: PodInfo, b: PodInfo): boolean {
  return (
    (a.fit === b.fit || a.fit.id === b.fit.id) && a.group.key === b.group.key && a.isTerminating === b.isTerminating
  );
}
