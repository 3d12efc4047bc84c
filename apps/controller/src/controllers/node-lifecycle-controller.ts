import { type Lease, type Node, type NodeCondition, type ObjectKey, objectKey, type Pod } from '@gantry/api-types';
import type { Informer, InformerEvent } from '@gantry/core';
import { parseTime } from '@gantry/core/lib/timestamp';
import { EvictionLimiter, type EvictionRates, type ZoneHealth } from '@gantry/core/reconcile/disruption';
import { HeartbeatWatch, type NodeVerdict, type SignsOfLife } from '@gantry/core/reconcile/heartbeat-watch';
import {
  isUnheard,
  lostNodeConditions,
  returnedNodeConditions,
  returnedPodStatus,
  unreadyPodStatus,
} from '@gantry/core/reconcile/node-health';
import { nodeCondition, planNodeTaints } from '@gantry/core/reconcile/taints';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { forEachParallel } from './parallel.ts';
import { PodsByNode } from './pods-by-node.ts';

/** Signs of life of nodes with an agent session; they are kept in memory. */
export interface NodeHeartbeats {
  /** Milliseconds since the epoch; undefined where the node's agent was never heard by this process. */
  lastSeen(nodeName: string): number | undefined;
  /** Whether the node is kept alive by an agent session rather than by its Lease alone. */
  hasSession(nodeName: string): boolean;
}

export interface NodeLifecycleOptions {
  readonly heartbeats: NodeHeartbeats;
  /** A node is NotReady after this long without a heartbeat. */
  readonly graceMs: number;
  /** A node that never gave a sign of life is NotReady after this long. */
  readonly startupGraceMs: number;
  readonly evictionRates: EvictionRates;
}

const component = 'node-controller';
const leaseNamespace = 'kube-node-lease';
const tickMs = 1_000;
/** A look is never sooner than this after the one before, however close a deadline is. */
const minTickMs = 50;
/** How soon a node that waits for its eviction to be allowed asks again. */
const evictionRetryMs = 1_000;
const maxInFlight = 32;

/**
 * Judges which nodes live, and writes it down: Ready conditions, taints, and the Ready condition of their pods. One
 * look over all nodes per second is all it costs while nothing changes.
 */
export class NodeLifecycleController implements ControllerDefinition {
  readonly name = component;
  readonly workers = 8;
  readonly #services: ControllerServices;
  readonly #options: NodeLifecycleOptions;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #leases: Informer<Lease>;
  readonly #podsByNode: PodsByNode;
  readonly #watch: HeartbeatWatch;
  readonly #limiter: EvictionLimiter;
  readonly #verdicts = new Map<string, NodeVerdict>();
  readonly #leaseFreshUntil = new Map<string, number>();
  /** What nodes reported before they went silent: theirs again when they were only slow. */
  readonly #remembered = new Map<string, readonly NodeCondition[]>();
  #zones: ReadonlyMap<string, ZoneHealth> = new Map();

  constructor(services: ControllerServices, options: NodeLifecycleOptions) {
    this.#services = services;
    this.#options = options;
    this.#nodes = services.informers.informer('nodes');
    this.#pods = services.informers.informer('pods');
    this.#leases = services.informers.informer('leases.coordination.k8s.io');
    this.#podsByNode = new PodsByNode(this.#pods.lister);
    const { graceMs, startupGraceMs } = options;
    this.#watch = new HeartbeatWatch({ graceMs, startupGraceMs, intervalMs: tickMs }, services.clock.now());
    this.#limiter = new EvictionLimiter(options.evictionRates);
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    let isInitial = true;
    const unsubscribe = [
      this.#leases.onEvent((event) => this.#onLease(event)),
      this.#pods.onEvent((event) => this.#onPod(event, queue)),
      this.#nodes.onEvent((event) => this.#onNode(event, queue, isInitial)),
    ];
    isInitial = false;
    // The time until now went by in starting up, not in listening.
    this.#watch.beginLook(this.#now());
    return [...unsubscribe, this.#startTicking(queue)];
  }

  async reconcile(nodeName: ObjectKey): Promise<ReconcileResult | undefined> {
    const node = this.#nodes.lister.get(nodeName);
    if (!node) return undefined;
    const judged = await this.#writeConditions(node);
    const { waitsForEviction } = await this.#writeTaints(judged);
    await this.#writePods(judged);
    return waitsForEviction ? { requeueAfterMs: evictionRetryMs } : undefined;
  }

  #startTicking(queue: KeyQueue): () => void {
    const { clock } = this.#services;
    let cancel = clock.setTimer(tick, tickMs);
    const lookAtAll = (): number => this.#lookAtAll(queue);
    function tick(): void {
      cancel = clock.setTimer(tick, lookAtAll());
    }
    return () => cancel();
  }

  /** Returns when to look again, in milliseconds: at the next deadline, but at least once a second. */
  #lookAtAll(queue: KeyQueue): number {
    const nowMs = this.#now();
    if (this.#watch.beginLook(nowMs)) {
      this.#services.logger.warn({}, 'the controller was stalled: every node gets its full grace period anew');
    }
    const zones = new Map<string, ZoneHealth>();
    let nextMs = tickMs;
    for (const node of this.#nodes.lister.list()) {
      const { name } = node.metadata;
      const verdict = this.#watch.judge(name, this.#signsOf(name));
      this.#verdicts.set(name, verdict);
      const ready = nodeCondition(node, 'Ready');
      if (this.#isAtOdds(name, verdict, ready)) queue.add(name);
      const zone = zoneOf(node);
      const health = zones.get(zone) ?? { ready: 0, notReady: 0 };
      const isReady = verdict !== 'lost' && ready?.status !== 'False' && ready?.status !== 'Unknown';
      zones.set(zone, { ready: health.ready + (isReady ? 1 : 0), notReady: health.notReady + (isReady ? 0 : 1) });
      if (verdict === 'alive' && this.#options.heartbeats.hasSession(name)) {
        nextMs = Math.min(nextMs, this.#watch.graceLeftMs(name));
      }
    }
    this.#zones = zones;
    return Math.max(minTickMs, nextMs);
  }

  #signsOf(nodeName: string): SignsOfLife {
    const { heartbeats } = this.#options;
    return {
      lastSeenMs: heartbeats.hasSession(nodeName) ? heartbeats.lastSeen(nodeName) : undefined,
      leaseFreshUntilMs: this.#leaseFreshUntil.get(nodeName),
    };
  }

  /** The verdict of the last look, unless the node was heard since: then it may just have written that it is ready. */
  #presentVerdict(nodeName: string): NodeVerdict {
    const verdict = this.#verdicts.get(nodeName) ?? 'undecided';
    if (verdict !== 'lost') return verdict;
    return this.#watch.hasReturned(nodeName, this.#signsOf(nodeName), this.#now()) ? 'alive' : 'lost';
  }

  #onLease({ type, object }: InformerEvent<Lease>): void {
    if (object.metadata.namespace !== leaseNamespace) return;
    const { name } = object.metadata;
    const renewedMs = parseTime(object.spec?.renewTime);
    if (type === 'deleted' || renewedMs === undefined) this.#leaseFreshUntil.delete(name);
    else this.#leaseFreshUntil.set(name, renewedMs + (object.spec.leaseDurationSeconds ?? 40) * 1000);
  }

  /** A pod that becomes ready, or is bound, on a node that is lost must not get traffic. */
  #onPod(event: InformerEvent<Pod>, queue: KeyQueue): void {
    this.#podsByNode.observe(event);
    const { nodeName } = event.object.spec;
    if (event.type !== 'deleted' && nodeName && this.#verdicts.get(nodeName) === 'lost') queue.add(nodeName);
  }

  #onNode(event: InformerEvent<Node>, queue: KeyQueue, isInitial: boolean): void {
    const { name } = event.object.metadata;
    if (event.type === 'deleted') {
      this.#watch.forget(name);
      this.#verdicts.delete(name);
      this.#remembered.delete(name);
      this.#record(event.object, 'Normal', 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
      return;
    }
    if (event.type === 'added' && !isInitial) {
      this.#record(
        event.object,
        'Normal',
        'RegisteredNode',
        `Node ${name} event: Registered Node ${name} in Controller`,
      );
    }
    queue.add(name);
  }

  /** Brings the Ready condition in line with the verdict. Resolves to the node as it is then. */
  async #writeConditions(node: Node): Promise<Node> {
    const { client } = this.#services;
    const { name } = node.metadata;
    const verdict = this.#presentVerdict(name);
    const ready = nodeCondition(node, 'Ready');
    if (!this.#isAtOdds(name, verdict, ready)) return node;
    if (verdict === 'alive') {
      const conditions = returnedNodeConditions(node, this.#remembered.get(name) ?? [], this.#now());
      if (!conditions) return node;
      const returned = await client.updateStatus('nodes', {
        ...node,
        status: { ...node.status, conditions: [...conditions] },
      });
      this.#remembered.delete(name);
      this.#record(node, 'Normal', 'NodeReady', `Node ${name} status is now: NodeReady`);
      return returned;
    }
    this.#remembered.set(name, node.status?.conditions ?? []);
    const conditions = [...lostNodeConditions(node, this.#now())];
    const lost = await client.updateStatus('nodes', { ...node, status: { ...node.status, conditions } });
    this.#services.logger.warn({ node: name }, 'node is not heard from any more');
    this.#record(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    return lost;
  }

  /** Whether the Ready condition says otherwise than the verdict. What a living node says of itself stands. */
  #isAtOdds(nodeName: string, verdict: NodeVerdict, ready: NodeCondition | undefined): boolean {
    if (verdict === 'lost') return ready?.status !== 'Unknown';
    if (verdict !== 'alive') return false;
    // An agent that has just connected is about to say whether its node is ready.
    return ready === undefined ? !this.#options.heartbeats.hasSession(nodeName) : isUnheard(ready);
  }

  async #writeTaints(node: Node): Promise<{ waitsForEviction: boolean }> {
    const mayEvict = () => this.#limiter.mayEvict(zoneOf(node), this.#zones, this.#now());
    const { taints, waitsForEviction } = planNodeTaints(node, this.#now(), mayEvict);
    if (taints) {
      const { taints: _, ...spec } = node.spec;
      const next = taints.length > 0 ? { ...spec, taints: [...taints] } : spec;
      await this.#services.client.update('nodes', { ...node, spec: next });
    }
    return { waitsForEviction };
  }

  async #writePods(node: Node): Promise<void> {
    const readiness = nodeCondition(node, 'Ready')?.status;
    const isReady = readiness === 'True';
    if (!isReady && readiness !== 'False' && readiness !== 'Unknown') return;
    const nowMs = this.#now();
    const changes = this.#podsByNode.list(node.metadata.name).flatMap((pod) => {
      const status = isReady ? returnedPodStatus(pod, nowMs) : unreadyPodStatus(pod, nowMs);
      return status ? [{ pod, status }] : [];
    });
    const errors = await forEachParallel(changes, maxInFlight, async ({ pod, status }) => {
      await this.#services.client.updateStatus('pods', { ...pod, status });
      if (!isReady) this.#record(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    });
    if (errors.length > 0) throw errors[0];
  }

  #record(about: Node | Pod, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#services.events.record(about, { type, reason, message, component });
  }

  #now(): number {
    return this.#services.clock.now();
  }
}

function zoneOf(node: Node): string {
  const labels = node.metadata.labels ?? {};
  return objectKey(labels['topology.kubernetes.io/region'], labels['topology.kubernetes.io/zone'] ?? '');
}
