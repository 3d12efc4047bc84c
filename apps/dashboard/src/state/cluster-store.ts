import type {
  FeedChanges,
  FeedCluster,
  FeedDelta,
  FeedEvent,
  FeedFrame,
  FeedNode,
  FeedOwner,
  FeedPod,
  FeedService,
  FeedSnapshot,
  FeedTick,
  FeedWorkload,
} from '@gantry/api-types/feed';
import type { NodeUsage } from '@gantry/api-types/usage';
import { namespaceOf } from '../format.ts';
import { LossBook } from '../node-loss/loss-book.ts';
import { StartBook } from '../scale/start-book.ts';
import { GhostBook } from './ghost-book.ts';
import { HueBook } from './hues.ts';
import { isTerminated, tileState } from './pod-state.ts';
import { Topics } from './topics.ts';

/** What the operator is told about the connection. */
export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'stale'; readonly since: number }
  /** Not a connection at all: the store shows an instant that has passed. Server time, milliseconds since the epoch. */
  | { readonly kind: 'past'; readonly at: number }
  | { readonly kind: 'unauthorized' };

/** Events kept; older ones are dropped, and the panel says so. */
export const keptEvents = 1000;

const noPods: ReadonlyMap<string, FeedPod> = new Map();

/**
 * The objects of the cluster as the page holds them: normalized, indexed by node and by owner, updated in place by feed
 * frames. Readers subscribe to topics; `apply` publishes each changed topic once, however many frames it is handed.
 */
export class ClusterStore {
  readonly topics = new Topics();
  readonly nodes = new Map<string, FeedNode>();
  readonly pods = new Map<string, FeedPod>();
  readonly workloads = new Map<string, FeedWorkload>();
  readonly services = new Map<string, FeedService>();
  readonly events = new Map<string, FeedEvent>();
  readonly usage = new Map<string, NodeUsage>();
  readonly heartbeats = new Map<string, number>();
  readonly hues: HueBook;
  readonly ghosts = new GhostBook();
  readonly starts = new StartBook();
  readonly losses = new LossBook();
  readonly #podsByNode = new Map<string, Map<string, FeedPod>>();
  readonly #podsByOwner = new Map<string, Map<string, FeedPod>>();
  readonly #workloadsByUid = new Map<string, FeedWorkload>();
  #dirty = new Set<string>();
  cluster: FeedCluster | undefined;
  connection: Connection = { kind: 'connecting' };
  epoch = '';
  revision = 0;
  /** Server time of the last frame that carried heartbeats: an age against it grows only while ticks come. */
  heartbeatsAt = 0;
  /** Server time minus browser time, milliseconds. */
  clockOffset = 0;
  /** Called with each frame before it changes anything. */
  beforeFrame: ((frame: FeedFrame) => void) | undefined;

  /** A store of another instant takes the hues of the present one, so that owners keep their colours. */
  constructor(hues = new HueBook()) {
    this.hues = hues;
  }

  /** Applies frames in order and publishes what changed. `now` is browser time, milliseconds since the epoch. */
  apply(frames: readonly FeedFrame[], now: number): void {
    for (const frame of frames) {
      this.beforeFrame?.(frame);
      this.clockOffset = frame.at - now;
      if (frame.type === 'snapshot') this.#applySnapshot(frame);
      else if (frame.type === 'delta') this.#applyDelta(frame);
      else if (frame.type === 'resumed') this.#setCluster(frame.cluster);
      else this.#applyLiveness(frame, frame.usage ?? {});
    }
    this.#publish();
  }

  setConnection(connection: Connection): void {
    this.connection = connection;
    this.#dirty.add('connection');
    this.#publish();
  }

  podsOn(nodeName: string): ReadonlyMap<string, FeedPod> {
    return this.#podsByNode.get(nodeName) ?? noPods;
  }

  /** Pods whose controller owner has this uid. */
  podsOwnedBy(ownerUid: string): ReadonlyMap<string, FeedPod> {
    return this.#podsByOwner.get(ownerUid) ?? noPods;
  }

  /** Pods no node has been found for yet, in order of creation. */
  pendingPods(): FeedPod[] {
    const pods = [...this.podsOn('').values()].filter((pod) => !isTerminated(pod));
    return pods.sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.key.localeCompare(b.key));
  }

  /** The workload at the top of a pod's chain of owners (the Deployment above the ReplicaSet, the CronJob above the Job), else its owner, else itself. */
  rootOf(pod: FeedPod): FeedOwner {
    const self: FeedOwner = { kind: 'Pod', name: pod.key.slice(pod.key.indexOf('/') + 1), uid: pod.uid };
    return pod.owner ? (this.#workloadsByUid.get(pod.owner.uid)?.owner ?? pod.owner) : self;
  }

  /** Pods of a workload, those of a Deployment's ReplicaSets and of a CronJob's Jobs included. */
  podsOf(workload: FeedWorkload): FeedPod[] {
    const direct = [...this.podsOwnedBy(workload.uid).values()];
    return direct.concat(this.workloadsOf(workload).flatMap((owned) => this.podsOf(owned)));
  }

  /**
   * Pods of a workload that are Ready, counted as the tiles show them: the workload's own status follows a moment later,
   * and both side by side would contradict each other.
   */
  readyPodsOf(workload: FeedWorkload): number {
    return this.podsOf(workload).filter(
      (pod) => tileState(pod, pod.nodeName ? this.nodes.get(pod.nodeName) : undefined) === 'ready',
    ).length;
  }

  /** The ReplicaSets of a Deployment, the Jobs of a CronJob; other kinds own pods only. */
  workloadsOf({ kind, uid }: FeedWorkload): FeedWorkload[] {
    if (kind !== 'Deployment' && kind !== 'CronJob') return [];
    return [...this.workloads.values()].filter(({ owner }) => owner?.uid === uid);
  }

  workloadByUid(uid: string): FeedWorkload | undefined {
    return this.#workloadsByUid.get(uid);
  }

  /** Server time now, in milliseconds since the epoch: what ages and countdowns are measured against. */
  serverNow(now: number): number {
    // In the past time stands where it is looked at.
    return this.connection.kind === 'past' ? this.connection.at : now + this.clockOffset;
  }

  #applySnapshot(frame: FeedSnapshot): void {
    this.epoch = frame.epoch;
    this.revision = frame.revision;
    this.#setCluster(frame.cluster);
    const gone = <T>(held: ReadonlyMap<string, T>, present: readonly { key: string }[]): string[] => {
      const keys = new Set(present.map((o) => o.key));
      return [...held.keys()].filter((key) => !keys.has(key));
    };
    this.#changeWorkloads({ set: frame.workloads, gone: gone(this.workloads, frame.workloads) });
    this.#changeNodes({ set: frame.nodes, gone: gone(this.nodes, frame.nodes) }, frame.at);
    this.#changePods({ set: frame.pods, gone: gone(this.pods, frame.pods) }, frame.at, false);
    this.#changeServices({ set: frame.services, gone: gone(this.services, frame.services) }, frame.at);
    this.#changeEvents({ set: frame.events, gone: gone(this.events, frame.events) });
    this.usage.clear();
    this.heartbeats.clear();
    this.#applyLiveness(frame, frame.usage);
  }

  #applyDelta(frame: FeedDelta): void {
    this.revision = frame.revision;
    const { nodes, pods, workloads, services, events } = frame.changes;
    if (workloads) this.#changeWorkloads(workloads);
    if (nodes) this.#changeNodes(nodes, frame.at);
    // After the nodes: whether a node is lost says what became of the pods that are gone.
    if (pods) this.#changePods(pods, frame.at, true);
    if (services) this.#changeServices(services, frame.at);
    if (events) this.#changeEvents(events);
  }

  #setCluster(cluster: FeedCluster): void {
    this.cluster = cluster;
    this.#dirty.add('cluster');
  }

  #applyLiveness(frame: FeedSnapshot | FeedTick, usage: Readonly<Record<string, NodeUsage>>): void {
    this.heartbeatsAt = frame.at;
    for (const [node, at] of Object.entries(frame.heartbeats)) this.heartbeats.set(node, at);
    for (const [node, sample] of Object.entries(usage)) {
      this.usage.set(node, sample);
      this.#dirty.add(`node:${node}`).add('totals');
    }
    this.#dirty.add('heartbeats');
  }

  #changeNodes(changes: FeedChanges<FeedNode>, at: number): void {
    for (const node of changes.set ?? []) {
      this.nodes.set(node.key, node);
      if (this.losses.nodeChanged(node, at, this.ghosts.on(node.key).size)) this.#noteServices(node.key);
      this.ghosts.nodeChanged(node);
      this.#dirty.add(`node:${node.key}`);
    }
    for (const key of changes.gone ?? []) {
      this.nodes.delete(key);
      this.ghosts.nodeGone(key);
      this.losses.nodeGone(key);
      this.usage.delete(key);
      this.heartbeats.delete(key);
      this.#dirty.add(`node:${key}`);
    }
    this.#dirty.add('nodes').add('totals').add('pending');
  }

  /** `isNews`: it happened at `at`, and is not just how things were when a snapshot came. */
  #changePods(changes: FeedChanges<FeedPod>, at: number, isNews: boolean): void {
    for (const key of changes.gone ?? []) {
      this.#rememberGhost(this.pods.get(key));
      this.starts.podGone(this.pods.get(key)?.uid ?? '');
      this.#unindexPod(key);
    }
    for (const pod of changes.set ?? []) {
      const before = this.pods.get(pod.key);
      // Gone and made anew under the same name within one frame.
      if (before?.uid !== pod.uid) this.#rememberGhost(before);
      this.#unindexPod(pod.key);
      this.pods.set(pod.key, pod);
      indexIn(this.#podsByNode, pod.nodeName ?? '', pod);
      if (pod.owner) indexIn(this.#podsByOwner, pod.owner.uid, pod);
      const root = this.rootOf(pod).uid;
      this.hues.assign(root);
      if (isNews) this.starts.podChanged(pod, before, root, this.nodes.get(pod.nodeName ?? ''), at);
      this.#touchPod(pod);
    }
    this.#dirty.add('totals').add('pods');
  }

  #rememberGhost(pod: FeedPod | undefined): void {
    if (!pod?.nodeName || !this.ghosts.podGone(pod, this.nodes.get(pod.nodeName))) return;
    this.losses.noteServices(pod.nodeName, this.#servicesOf(pod));
  }

  /** A node was lost: whose endpoints went with it. */
  #noteServices(nodeName: string): void {
    const ready = [...this.podsOn(nodeName).values()].filter((pod) => pod.isReady);
    this.losses.noteServices(
      nodeName,
      ready.flatMap((pod) => this.#servicesOf(pod)),
    );
  }

  #servicesOf(pod: FeedPod): string[] {
    return [...this.services.values()].filter((service) => selectsPod(service, pod)).map(({ key }) => key);
  }

  #unindexPod(key: string): void {
    const pod = this.pods.get(key);
    if (!pod) return;
    this.pods.delete(key);
    unindexFrom(this.#podsByNode, pod.nodeName ?? '', key);
    if (pod.owner) unindexFrom(this.#podsByOwner, pod.owner.uid, key);
    this.#touchPod(pod);
  }

  #touchPod(pod: FeedPod): void {
    // No topic for each pod: one that is never forgotten for every pod that ever was would fill the memory.
    this.#dirty.add(pod.nodeName ? `node:${pod.nodeName}` : 'pending');
    this.#dirty.add(`workload:${this.rootOf(pod).uid}`);
    if (pod.owner) this.#dirty.add(`workload:${pod.owner.uid}`);
  }

  #changeWorkloads(changes: FeedChanges<FeedWorkload>): void {
    for (const key of changes.gone ?? []) {
      const workload = this.workloads.get(key);
      if (workload) this.#workloadsByUid.delete(workload.uid);
      this.workloads.delete(key);
    }
    for (const workload of changes.set ?? []) {
      this.workloads.set(workload.key, workload);
      this.#workloadsByUid.set(workload.uid, workload);
      if (!workload.owner) this.hues.assign(workload.uid);
      this.#dirty.add(`workload:${workload.uid}`);
      if (workload.owner) this.#dirty.add(`workload:${workload.owner.uid}`);
    }
    this.#dirty.add('workloads');
  }

  #changeServices(changes: FeedChanges<FeedService>, at: number): void {
    for (const key of changes.gone ?? []) {
      this.services.delete(key);
      this.losses.serviceGone(key);
    }
    for (const service of changes.set ?? []) {
      this.services.set(service.key, service);
      this.losses.serviceChanged(service, at);
    }
    this.#dirty.add('services');
  }

  #changeEvents(changes: FeedChanges<FeedEvent>): void {
    for (const key of changes.gone ?? []) this.events.delete(key);
    for (const event of changes.set ?? []) {
      // Re-inserting keeps the map ordered by last occurrence, so the oldest is always first.
      this.events.delete(event.key);
      this.events.set(event.key, event);
    }
    for (const key of this.events.keys()) {
      if (this.events.size <= keptEvents) break;
      this.events.delete(key);
    }
    this.#dirty.add('events');
  }

  #publish(): void {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    if (dirty.size > 0) this.topics.publish(dirty);
  }
}

/** A Service without a selector has endpoints that somebody else writes. */
function selectsPod({ key, selector }: FeedService, pod: FeedPod): boolean {
  const wanted = Object.entries(selector);
  return (
    wanted.length > 0 &&
    namespaceOf(key) === namespaceOf(pod.key) &&
    wanted.every(([label, value]) => pod.labels?.[label] === value)
  );
}

function indexIn(index: Map<string, Map<string, FeedPod>>, key: string, pod: FeedPod): void {
  const held = index.get(key) ?? new Map();
  index.set(key, held.set(pod.key, pod));
}

function unindexFrom(index: Map<string, Map<string, FeedPod>>, key: string, podKey: string): void {
  const held = index.get(key);
  held?.delete(podKey);
  if (held?.size === 0) index.delete(key);
}
