import {
  type Node,
  type NodePool,
  type ObjectKey,
  objectKey,
  type Pod,
  type PodDisruptionBudget,
} from '@gantry/api-types';
import type { Informer, InformerEvent } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import { type Dispensability, findDispensable } from '@gantry/core/node-pools/find-dispensable';
import { findRoom, type RoomAnswer, type UpcomingHosts } from '@gantry/core/node-pools/find-room';
import { headroomOf } from '@gantry/core/node-pools/headroom';
import { countKept, isComing } from '@gantry/core/node-pools/plan-hosts';
import { planPool } from '@gantry/core/node-pools/plan-pool';
import { nodePoolFinalizer, type PoolPlan, type PoolWorld } from '@gantry/core/node-pools/pool-world';
import { findDrainBlockers } from '@gantry/core/reconcile/drain-blockers';
import { isNodeReady } from '@gantry/core/reconcile/taints';
import type { SimulationSource } from '@gantry/core/simulation/source';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from '../controllers/controller.ts';
import { PodsByNode } from '../controllers/pods-by-node.ts';
import { runInTurns } from '../simulation/turns.ts';
import { HostOperations, strayRetryMs } from './host-operations.ts';
import type { HostProvider } from './host-provider.ts';
import { NodeDrain, podsInTheWay } from './node-drain.ts';
import { WaitingPods } from './waiting-pods.ts';

const component = 'node-pool-controller';
/** Changes of many pods and nodes within this time make one pass of each pool. */
const batchMs = 200;
/** Whether hosts could go is asked no more often: it takes a simulation for each. */
const dispensableEveryMs = 5_000;
/** Pods that a budget holds are asked for again, as `kubectl drain` does. */
const drainRetryMs = 5_000;
const maxPodEvents = 20;

export interface NodePoolOptions {
  /** By the name that pools give. */
  readonly providers: readonly HostProvider[];
  /** Undefined until the scheduler has begun. */
  readonly source: () => SimulationSource | undefined;
}

/**
 * Adds hosts while pods wait for room that these would give, and removes those that could be done without. The status of
 * a pool is written before the provider is asked for anything, so that a controller that dies anywhere neither forgets a
 * host nor makes it twice.
 */
export class NodePoolController implements ControllerDefinition {
  readonly name = component;
  /** One pool after the other: each counts on what the one before ordered. */
  readonly workers = 1;
  readonly #services: ControllerServices;
  readonly #options: NodePoolOptions;
  readonly #pools: Informer<NodePool>;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #podsByNode: PodsByNode;
  readonly #waiting: WaitingPods;
  readonly #operations: HostOperations;
  readonly #drain: NodeDrain;
  /** When hosts of the pool were last asked about. */
  readonly #askedAtMs = new Map<ObjectKey, number>();
  #queue: KeyQueue | undefined;

  constructor(services: ControllerServices, options: NodePoolOptions) {
    this.#services = services;
    this.#options = options;
    const { informers } = services;
    this.#pools = informers.informer('nodepools.gantry.io');
    this.#nodes = informers.informer('nodes');
    this.#pods = informers.informer('pods');
    this.#budgets = informers.informer('poddisruptionbudgets.policy');
    this.#podsByNode = new PodsByNode(this.#pods.lister);
    this.#waiting = new WaitingPods(this.#pods.lister);
    this.#drain = new NodeDrain(services);
    this.#operations = new HostOperations(services, { onEnd: (pool) => this.#queue?.add(pool) });
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    this.#queue = queue;
    const queueAll = () => {
      for (const { metadata } of this.#pools.lister.list()) queue.addAfter(metadata.name, batchMs);
    };
    return [
      this.#pools.onEvent(({ object }) => queue.add(object.metadata.name)),
      this.#pods.onEvent((event) => {
        const isWaitChanged = this.#waiting.observe(event);
        this.#podsByNode.observe(event);
        if (isWaitChanged || isDeparture(event)) queueAll();
      }),
      this.#budgets.onEvent(({ object, previous }) => {
        if (previous?.status.disruptionsAllowed !== object.status.disruptionsAllowed) queueAll();
      }),
      this.#nodes.onEvent(({ object, previous, type }) => {
        if (type === 'modified' && previous && isSameForPools(previous, object)) return;
        queueAll();
      }),
    ];
  }

  /** Resolves when nothing is asked of any provider any more. */
  async stop(): Promise<void> {
    await this.#operations.stop();
    await Promise.all(this.#options.providers.map((provider) => provider.stop()));
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const pool = this.#pools.lister.get(key);
    if (!pool) {
      this.#askedAtMs.delete(key);
      // Somebody may have taken its finalizer off.
      this.#operations.lookAgain();
      await this.#removeStrays(this.#options.providers);
      return undefined;
    }
    const provider = this.#options.providers.find(({ name }) => name === pool.spec.provider);
    if (await this.#settleFinalizer(pool)) return undefined;
    if (provider) await this.#removeStrays([provider]);
    const room = await this.#findRoom(pool);
    const dispensable = await this.#findDispensable(pool);
    const outcomes = this.#operations.outcomesOf(key);
    const known = this.#options.providers.map(({ name }) => name).join(', ');
    const unknown = `there is no provider ${pool.spec.provider}: known are ${known}`;
    const providerProblem = provider ? this.#operations.strayProblem(provider.name) : unknown;
    const world = { pool, room, dispensable, outcomes, providerProblem, ...this.#worldOf() };
    const plan = planPool(world);
    if (!isSemanticallyEqual(pool.status, plan.status)) {
      await this.#services.client.updateStatus('nodepools.gantry.io', { ...pool, status: plan.status });
    }
    this.#operations.forget(outcomes);
    this.#report(pool, plan, room);
    const retryMs = await this.#carryOut(pool, provider, plan);
    const lookMs = providerProblem === undefined ? undefined : strayRetryMs;
    return {
      requeueAfterMs: earliest(
        plan.recheckAfterMs,
        retryMs,
        lookMs,
        this.#askAgainAfter(pool, plan, dispensable !== undefined),
      ),
    };
  }

  #worldOf(): Pick<PoolWorld, 'node' | 'podsLeft' | 'drainBlocker' | 'nowMs'> {
    return {
      node: (name) => this.#nodes.lister.get(name),
      podsLeft: (name) => this.#podsByNode.list(name).filter(podsInTheWay).length,
      drainBlocker: (name) => {
        const [first] = findDrainBlockers({ pods: this.#podsByNode.list(name), budgets: this.#budgets.lister.list() });
        return first && `${first.pod}: ${first.message}`;
      },
      nowMs: this.#services.clock.now(),
    };
  }

  async #findRoom(pool: NodePool): Promise<RoomAnswer | undefined> {
    const nothing = {
      reason: 'NoPodsWait',
      message: 'no pod waits for room',
      hosts: 0,
      helped: [],
      images: [],
    } as const;
    if (this.#waiting.size === 0 || pool.metadata.deletionTimestamp) return nothing;
    const source = this.#options.source();
    if (!source) return undefined;
    const { clock } = this.#services;
    const upcoming = this.#pools.lister.list().map((other) => this.#upcomingOf(other));
    const question = { pool, upcoming, maxMore: headroomOf(pool).hosts, nowMs: clock.now() };
    return (await runInTurns(findRoom(source, question), { clock })).result;
  }

  /** Hosts that the pool has asked for and that take no pods yet. */
  #upcomingOf({ metadata, spec, status }: NodePool): UpcomingHosts {
    const coming = (status.hosts ?? []).filter((host) => isComing(host, (name) => this.#nodes.lister.get(name)));
    return { pool: metadata.name, template: spec.template, count: coming.length };
  }

  async #findDispensable(pool: NodePool): Promise<ReadonlyMap<string, Dispensability> | undefined> {
    const { clock } = this.#services;
    const source = this.#options.source();
    const key = pool.metadata.name;
    if (!source || !mayShrink(pool)) return undefined;
    if (clock.now() < (this.#askedAtMs.get(key) ?? 0) + dispensableEveryMs) return undefined;
    const nodeNames = (pool.status.hosts ?? []).filter(({ phase }) => phase === 'Ready').map(({ name }) => name);
    const question = {
      pool,
      nodeNames: nodeNames.filter((name) => this.#nodes.lister.get(name)),
      podsByNode: (name: string) => this.#podsByNode.list(name),
      budgets: this.#budgets.lister.list(),
    };
    const { result } = await runInTurns(findDispensable(source, question), { clock });
    this.#askedAtMs.set(key, clock.now());
    return result;
  }

  /** Where hosts may go and it was too early to ask: once it no longer is. What changes later brings us here by itself. */
  #askAgainAfter(pool: NodePool, plan: PoolPlan, wasAsked: boolean): number | undefined {
    if (wasAsked || !mayShrink({ ...pool, status: plan.status })) return undefined;
    const next = (this.#askedAtMs.get(pool.metadata.name) ?? 0) + dispensableEveryMs - this.#services.clock.now();
    return Math.max(next, 1_000);
  }

  /** True where the pool was changed, or is gone: its event brings us back. */
  async #settleFinalizer({ metadata, status }: NodePool): Promise<boolean> {
    const present = metadata.finalizers ?? [];
    const has = present.includes(nodePoolFinalizer);
    const isLeaving = metadata.deletionTimestamp !== undefined;
    const isEmpty = (status.hosts ?? []).length === 0;
    if (isLeaving ? !has || !isEmpty : has) return false;
    const others = present.filter((name) => name !== nodePoolFinalizer);
    const finalizers = isLeaving ? others : [...others, nodePoolFinalizer];
    const { client } = this.#services;
    const patch = { metadata: { finalizers, resourceVersion: metadata.resourceVersion } };
    await client.mergePatch('nodepools.gantry.io', undefined, metadata.name, patch);
    return true;
  }

  async #removeStrays(providers: readonly HostProvider[]): Promise<void> {
    const isRecorded = (poolName: string, hostName: string) =>
      this.#pools.lister.get(poolName)?.status.hosts?.some(({ name }) => name === hostName) ?? false;
    for (const provider of providers) await this.#operations.removeStrays(provider, isRecorded);
  }

  #report(pool: NodePool, plan: PoolPlan, room: RoomAnswer | undefined): void {
    const { events } = this.#services;
    for (const event of plan.events) events.record(pool, { ...event, component });
    if (!plan.events.some(({ reason }) => reason === 'ScaleUp')) return;
    for (const key of room?.helped.slice(0, maxPodEvents) ?? []) {
      const pod = this.#pods.lister.get(key);
      const message = `pod triggered scale-up of node pool ${pool.metadata.name}`;
      if (pod) events.record(pod, { type: 'Normal', reason: 'TriggeredScaleUp', message, component });
    }
  }

  /** Begins what the plan says, whose status is written by now. Returns when to try again, where something waits. */
  async #carryOut(pool: NodePool, provider: HostProvider | undefined, plan: PoolPlan): Promise<number | undefined> {
    if (provider) {
      const images = [...(pool.spec.template.images ?? []), ...this.#waiting.images()];
      for (const name of plan.create) this.#operations.create(provider, pool, { name, images });
      for (const name of plan.remove) this.#operations.delete(provider, pool, name);
    }
    for (const name of plan.uncordon) await this.#drain.uncordon(this.#nodes.lister.get(name));
    let isHeld = false;
    for (const name of plan.drain) {
      const node = this.#nodes.lister.get(objectKey(undefined, name));
      isHeld = (await this.#drain.drain(node, this.#podsByNode.list(name))) || isHeld;
    }
    return isHeld ? drainRetryMs : undefined;
  }
}

function mayShrink({ metadata, spec, status }: NodePool): boolean {
  if (metadata.deletionTimestamp || spec.scaleDown?.policy === 'Never') return false;
  return countKept(status.hosts ?? []) > (spec.minNodes ?? 0);
}

/** A pod that leaves a node, or comes to one: hosts may be idle, or needed, from now on. */
function isDeparture({ type, object, previous }: InformerEvent<Pod>): boolean {
  if (type !== 'modified' || !previous) return object.spec.nodeName !== undefined;
  return (
    previous.spec.nodeName !== object.spec.nodeName ||
    previous.status.phase !== object.status.phase ||
    previous.metadata.deletionTimestamp !== object.metadata.deletionTimestamp
  );
}

function isSameForPools(previous: Node, node: Node): boolean {
  return (
    isNodeReady(previous) === isNodeReady(node) &&
    previous.spec.unschedulable === node.spec.unschedulable &&
    isSemanticallyEqual(previous.status.allocatable, node.status.allocatable) &&
    isSemanticallyEqual(previous.metadata.labels, node.metadata.labels, 'labels') &&
    isSemanticallyEqual(previous.spec.taints, node.spec.taints)
  );
}

function earliest(...delays: readonly (number | undefined)[]): number | undefined {
  const known = delays.filter((delay) => delay !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
