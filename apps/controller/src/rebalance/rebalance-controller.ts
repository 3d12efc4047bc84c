import {
  isApiError,
  keyOf,
  type ObjectKey,
  type OwnerReference,
  objectKey,
  type Pod,
  type Rebalance,
  type RebalanceMove,
  type RebalanceStatus,
} from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import { formatTime } from '@gantry/core/lib/timestamp';
import { findObstacle } from '@gantry/core/rebalance/find-obstacle';
import {
  evicted,
  hasEnded,
  planRebalanceStep,
  type RebalanceStep,
  type RebalanceWorld,
  readyCount,
  refused,
} from '@gantry/core/rebalance/next-step';
import { planRebalance } from '@gantry/core/rebalance/plan-rebalance';
import { isLeftByDrain } from '@gantry/core/reconcile/drain-blockers';
import type { SimulationSource } from '@gantry/core/simulation/source';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from '../controllers/controller.ts';
import { runInTurns } from '../simulation/turns.ts';

export interface RebalanceControllerOptions {
  /** Undefined while the scheduler starts. */
  readonly source: () => SimulationSource | undefined;
}

const waitMs = 2_000;
/** Changes of pods come in bursts: they share a pass. */
const batchMs = 100;

/** Carries out Rebalances, one of them and one pod at a time. Where it stands is in the object's status. */
export class RebalanceController implements ControllerDefinition {
  readonly name = 'rebalance-controller';
  // One: two Rebalances at once would each undo what the other plans by.
  readonly workers = 1;
  readonly #services: ControllerServices;
  readonly #options: RebalanceControllerOptions;
  readonly #rebalances: Informer<Rebalance>;
  readonly #pods: Informer<Pod>;

  constructor(services: ControllerServices, options: RebalanceControllerOptions) {
    this.#services = services;
    this.#options = options;
    this.#rebalances = services.informers.informer('rebalances.gantry.io');
    this.#pods = services.informers.informer('pods');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#rebalances.onEvent(({ object, type }) => {
        queue.add(keyOf(object));
        // The next in line may start.
        if (type === 'deleted' || hasEnded(object)) this.#queueOpen(queue);
      }),
      this.#pods.onEvent(() => this.#queueOpen(queue)),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const rebalance = this.#rebalances.lister.get(key);
    if (!rebalance || rebalance.metadata.deletionTimestamp !== undefined || hasEnded(rebalance)) return undefined;
    if (rebalance.status.phase !== 'Running') return this.#begin(rebalance);
    const step = planRebalanceStep(rebalance, this.#world());
    const written = await this.#write(rebalance, step.status);
    if (hasEnded(written)) await this.#finish(written);
    else if (step.evict) await this.#evict(written, step.evict);
    return { requeueAfterMs: step.recheckAfterMs };
  }

  #queueOpen(queue: KeyQueue): void {
    for (const rebalance of this.#rebalances.lister.list()) {
      if (!hasEnded(rebalance)) queue.addAfter(keyOf(rebalance), batchMs);
    }
  }

  async #begin(rebalance: Rebalance): Promise<ReconcileResult | undefined> {
    const { clock } = this.#services;
    const { spec } = rebalance;
    const now = formatTime(clock.now());
    if (spec.cancelled) {
      const message = 'cancelled before it began';
      const status = { ...rebalance.status, phase: 'Cancelled', message, completionTime: now };
      await this.#finish(await this.#write(rebalance, status));
      return undefined;
    }
    const other = this.#rebalances.lister
      .list()
      .find((one) => one.status.phase === 'Running' && one.metadata.uid !== rebalance.metadata.uid);
    const source = this.#options.source();
    if (other || !source) {
      const message = other ? `waits for Rebalance ${other.metadata.name}` : 'waits for the scheduler';
      await this.#write(rebalance, { ...rebalance.status, phase: 'Pending', message });
      return { requeueAfterMs: waitMs };
    }
    try {
      await this.#plan(rebalance, source, now);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
      await this.#write(rebalance, {
        ...rebalance.status,
        phase: 'Failed',
        message: error.message,
        completionTime: now,
      });
    }
    return undefined;
  }

  async #plan(rebalance: Rebalance, source: SimulationSource, now: string): Promise<void> {
    const { emptyNode, maxMoves } = rebalance.spec;
    const spec = { ...(emptyNode ? { emptyNode } : {}), ...(maxMoves === undefined ? {} : { maxMoves }) };
    const { result } = await runInTurns(planRebalance(source, spec), { clock: this.#services.clock });
    const moves = result.moves.map(
      ({ pod, podUid, from, to }): RebalanceMove => ({ pod, podUID: podUid, from, to, state: 'Planned', since: now }),
    );
    const begun = emptyNode ? await this.#cordon(rebalance, emptyNode) : rebalance;
    await this.#write(begun, {
      phase: 'Running',
      message: result.summary[0] ?? '',
      total: moves.length,
      moved: 0,
      startTime: now,
      ...(begun.status.cordoned ? { cordoned: true } : {}),
      moves,
    });
  }

  async #evict(rebalance: Rebalance, { index, pod }: NonNullable<RebalanceStep['evict']>): Promise<void> {
    const { client, clock } = this.#services;
    const { name, namespace = '', uid } = pod.metadata;
    const before = readyCount(this.#pods.lister.listByOwner(controllerUid(pod)));
    const move = rebalance.status.moves?.[index];
    if (!move) return;
    let next: RebalanceMove;
    try {
      await client.evict(namespace, name, { preconditions: { uid } });
      next = evicted(move, before, clock.now());
    } catch (error) {
      // The budget says not now; the pod went or changed: the next pass sees which.
      if (!isApiError(error, 'TooManyRequests', 'NotFound', 'Conflict', 'InternalError')) throw error;
      const cause = error.details?.causes?.[0]?.message ?? error.message;
      next = refused(move, `its eviction is refused: ${cause}`, clock.now());
    }
    const moves = rebalance.status.moves?.with(index, next) ?? [];
    await this.#write(rebalance, { ...rebalance.status, moves, message: `${next.pod}: ${next.message}` });
  }

  /** Where the node was not emptied it goes back to work; an emptied one stays as it is, for its removal. */
  async #finish(rebalance: Rebalance): Promise<void> {
    const { client, events } = this.#services;
    const { phase, message = '', cordoned } = rebalance.status;
    const type = phase === 'Failed' ? 'Warning' : 'Normal';
    events.record(rebalance, { type, reason: `Rebalance${phase}`, message, component: this.name });
    const { emptyNode } = rebalance.spec;
    if (!cordoned || !emptyNode || (phase === 'Completed' && this.#isEmpty(emptyNode))) return;
    try {
      await client.mergePatch('nodes', undefined, emptyNode, { spec: { unschedulable: null } });
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }

  #isEmpty(nodeName: string): boolean {
    return this.#pods.lister.list().every((pod) => pod.spec.nodeName !== nodeName || isLeftByDrain(pod));
  }

  /** Cordons the node, where it is not; recorded before, so that whoever ends the Rebalance knows who did it. */
  async #cordon(rebalance: Rebalance, name: string): Promise<Rebalance> {
    const { client, informers } = this.#services;
    const node = informers.informer('nodes').lister.get(name);
    if (!node || node.spec.unschedulable) return rebalance;
    const status = { ...rebalance.status, phase: 'Pending', message: `cordons ${name}`, cordoned: true };
    const recorded = await this.#write(rebalance, status);
    await client.mergePatch('nodes', undefined, name, { spec: { unschedulable: true } });
    return recorded;
  }

  async #write(rebalance: Rebalance, status: RebalanceStatus): Promise<Rebalance> {
    if (JSON.stringify(status) === JSON.stringify(rebalance.status)) return rebalance;
    return this.#services.client.updateStatus('rebalances.gantry.io', { ...rebalance, status });
  }

  #world(): RebalanceWorld {
    const { informers, clock } = this.#services;
    return {
      pod: (key) => this.#pods.lister.get(key),
      podsOf: (uid) => this.#pods.lister.listByOwner(uid),
      replicasOf: (namespace, owner) => {
        const resource = replicated[owner.kind];
        const found = resource && informers.informer(resource).lister.get(objectKey(namespace, owner.name));
        return found?.metadata.uid === owner.uid ? (found.spec.replicas ?? 1) : undefined;
      },
      obstacleTo: (pod) => {
        const source = this.#options.source();
        return source ? findObstacle(source, pod) : { reason: 'it waits for the scheduler', isFinal: false };
      },
      nowMs: clock.now(),
    };
  }
}

const replicated: Readonly<
  Record<string, 'replicasets.apps' | 'replicationcontrollers' | 'statefulsets.apps' | undefined>
> = {
  ReplicaSet: 'replicasets.apps',
  ReplicationController: 'replicationcontrollers',
  StatefulSet: 'statefulsets.apps',
};

function controllerUid({ metadata }: Pod): string {
  return metadata.ownerReferences?.find((reference: OwnerReference) => reference.controller)?.uid ?? '';
}
