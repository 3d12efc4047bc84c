import type { ControllerRevision, ObjectKey, Pod, StatefulSet } from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import { controllerRevisionHashLabel } from '@gantry/core/reconcile/controller-revisions';
import { planStatefulSet } from '@gantry/core/reconcile/stateful-set';
import { ordinalOf } from '@gantry/core/reconcile/stateful-set-identity';
import { planStatefulSetStatus } from '@gantry/core/reconcile/stateful-set-status';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { isReplicaChange, OwnedPods } from './owned-pods.ts';
import { RevisionHistory } from './revision-history.ts';
import { StatefulPods } from './stateful-pods.ts';

/** Readiness changes of many pods within this time make one pass. */
const batchMs = 10;

/** Keeps the pods of StatefulSets, each with a name and storage of its own, in order. */
export class StatefulSetController implements ControllerDefinition {
  readonly name = 'statefulset-controller';
  readonly workers = 8;
  readonly #services: ControllerServices;
  readonly #sets: Informer<StatefulSet>;
  readonly #pods: Informer<Pod>;
  readonly #owned: OwnedPods<StatefulSet>;
  readonly #history: RevisionHistory;
  readonly #statefulPods: StatefulPods;

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#sets = services.informers.informer('statefulsets.apps');
    this.#pods = services.informers.informer('pods');
    this.#statefulPods = new StatefulPods(services);
    this.#owned = new OwnedPods<StatefulSet>({
      client: services.client,
      owners: this.#sets,
      pods: this.#pods,
      kind: 'StatefulSet',
      selectorOf: (set) => set.spec.selector,
      mayAdopt: (set, pod) => ordinalOf(set, pod) !== undefined,
      isRelevant: isReplicaChange,
      batchMs,
    });
    this.#history = new RevisionHistory(services, {
      labels: (hash) => ({ 'controller.kubernetes.io/hash': hash }),
      raiseCollisionCount: async (owner) => {
        const set = owner as StatefulSet;
        const collisionCount = (set.status?.collisionCount ?? 0) + 1;
        await services.client.updateStatus('statefulsets.apps', { ...set, status: { ...set.status, collisionCount } });
      },
    });
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [this.#history.watch(), ...this.#statefulPods.watch(queue), ...this.#owned.watch(queue)];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const set = this.#sets.lister.get(key);
    if (!set) return undefined;
    const claims = this.#owned.planClaims(set);
    await this.#owned.applyClaims(set, claims);
    const isLeaving = set.metadata.deletionTimestamp !== undefined;
    if (isLeaving) return undefined;
    const { all, update } = await this.#history.sync(set);
    const current = all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
    const { steps } = planStatefulSet({
      set,
      pods: claims.claimed,
      currentRevision: current,
      updateRevision: update,
      nowMs: this.#services.clock.now(),
    });
    const error = await this.#statefulPods.apply(set, steps);
    const requeueAfterMs = await this.#writeStatus(key, set.metadata.uid, { current, update });
    if (error !== undefined) throw error;
    await this.#cleanUp(set, all, [current, update]);
    return { requeueAfterMs };
  }

  async #writeStatus(
    key: ObjectKey,
    uid: string,
    revisions: { readonly current: ControllerRevision; readonly update: ControllerRevision },
  ): Promise<number | undefined> {
    // Read again: the pods just made or deleted are to be counted.
    const set = this.#sets.lister.get(key);
    if (set?.metadata.uid !== uid) return undefined;
    const pods = this.#pods.lister.listByOwner(uid);
    const { status, recheckAfterMs } = planStatefulSetStatus(set, pods, revisions, this.#services.clock.now());
    if (!isSemanticallyEqual(set.status ?? {}, status)) {
      await this.#services.client.updateStatus('statefulsets.apps', { ...set, status });
    }
    return recheckAfterMs;
  }

  async #cleanUp(
    set: StatefulSet,
    revisions: readonly ControllerRevision[],
    used: readonly ControllerRevision[],
  ): Promise<void> {
    const ofPods = this.#pods.lister
      .listByOwner(set.metadata.uid)
      .flatMap(({ metadata }) => metadata.labels?.[controllerRevisionHashLabel] ?? []);
    const live = new Set([...ofPods, ...used.map(({ metadata }) => metadata.name)]);
    await this.#history.cleanUp(set, revisions, live);
  }
}
