import type { ControllerRevision, DaemonSet, Node, ObjectKey, Pod } from '@gantry/api-types';
import { keyOf } from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import { controllerRevisionHashLabel } from '@gantry/core/reconcile/controller-revisions';
import { isEligibilityChange } from '@gantry/core/reconcile/daemon-eligibility';
import { newDaemonPod } from '@gantry/core/reconcile/daemon-pod';
import { planDaemonSet } from '@gantry/core/reconcile/daemon-set';
import { planDaemonSetStatus } from '@gantry/core/reconcile/daemon-set-status';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { DaemonBackoff } from './daemon-backoff.ts';
import { isReplicaChange, OwnedPods } from './owned-pods.ts';
import { PodControl } from './pod-control.ts';
import { RevisionHistory } from './revision-history.ts';

const component = 'daemonset-controller';
/** Readiness changes of many pods within this time make one pass. */
const batchMs = 10;
/** A crowd of nodes that come or change makes one pass of each DaemonSet. */
const nodeBatchMs = 50;

/** Keeps one pod of each DaemonSet on every eligible node. */
export class DaemonSetController implements ControllerDefinition {
  readonly name = component;
  readonly workers = 4;
  readonly #services: ControllerServices;
  readonly #daemonSets: Informer<DaemonSet>;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #control: PodControl;
  readonly #owned: OwnedPods<DaemonSet>;
  readonly #history: RevisionHistory;
  readonly #backoff = new DaemonBackoff();

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#daemonSets = services.informers.informer('daemonsets.apps');
    this.#nodes = services.informers.informer('nodes');
    this.#pods = services.informers.informer('pods');
    this.#control = new PodControl(services, component);
    this.#owned = new OwnedPods<DaemonSet>({
      client: services.client,
      owners: this.#daemonSets,
      pods: this.#pods,
      kind: 'DaemonSet',
      selectorOf: (daemonSet) => daemonSet.spec.selector,
      isRelevant: (previous, pod) => previous.spec.nodeName !== pod.spec.nodeName || isReplicaChange(previous, pod),
      batchMs,
      expectations: this.#control.expectations,
    });
    this.#history = new RevisionHistory(services, {
      labels: (hash) => ({ [controllerRevisionHashLabel]: hash }),
      raiseCollisionCount: async (owner) => {
        const daemonSet = owner as DaemonSet;
        const status = { ...daemonSet.status, collisionCount: (daemonSet.status?.collisionCount ?? 0) + 1 };
        await services.client.updateStatus('daemonsets.apps', { ...daemonSet, status });
      },
    });
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#history.watch(),
      ...this.#owned.watch(queue),
      this.#daemonSets.onEvent(({ type, object }) => {
        if (type === 'deleted') this.#backoff.forget(object.metadata.uid);
      }),
      this.#nodes.onEvent(({ type, object, previous }) => {
        if (type === 'modified' && previous && !isEligibilityChange(previous, object)) return;
        for (const daemonSet of this.#daemonSets.lister.list()) queue.addAfter(keyOf(daemonSet), nodeBatchMs);
      }),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const daemonSet = this.#daemonSets.lister.get(key);
    if (!daemonSet) {
      this.#control.expectations.forget(key);
      return undefined;
    }
    const claims = this.#owned.planClaims(daemonSet);
    await this.#owned.applyClaims(daemonSet, claims);
    if (daemonSet.metadata.deletionTimestamp !== undefined) return undefined;
    const { all, update } = await this.#history.sync(daemonSet);
    const hash = update.metadata.labels?.[controllerRevisionHashLabel] ?? '';
    const error = this.#control.isUpToDate(key) ? await this.#manage(key, daemonSet, claims.claimed, hash) : undefined;
    const recheckAfterMs = await this.#writeStatus(key, daemonSet.metadata.uid, hash);
    if (error !== undefined) throw error;
    await this.#cleanUp(daemonSet, all, update);
    const retryAfterMs = this.#backoff.nextMs(daemonSet.metadata.uid, this.#services.clock.now());
    return { requeueAfterMs: earliest(recheckAfterMs, retryAfterMs) };
  }

  async #manage(key: ObjectKey, daemonSet: DaemonSet, pods: readonly Pod[], hash: string): Promise<unknown> {
    const nodes = this.#nodes.lister.list();
    const nowMs = this.#services.clock.now();
    const { uid } = daemonSet.metadata;
    const mayReplace = (nodeName: string) => this.#backoff.mayReplace(uid, nodeName, nowMs);
    const plan = planDaemonSet({ daemonSet, nodes, pods, hash, nowMs, mayReplace });
    const { createOn, deletePods, events, replacedOn } = plan;
    for (const event of events) this.#services.events.record(daemonSet, event);
    for (const nodeName of replacedOn) this.#backoff.replaced(uid, nodeName, nowMs);
    // Deletions first: both are expected at once, and the deletions make room.
    const deleted = deletePods.length > 0 ? await this.#control.delete(key, daemonSet, deletePods) : undefined;
    const newPods = createOn.map((nodeName) => newDaemonPod(daemonSet, nodeName, hash));
    // Where deletions are still expected, the pass that sees them creates.
    const mayCreate = newPods.length > 0 && this.#control.isUpToDate(key);
    const created = mayCreate ? await this.#control.create(key, daemonSet, newPods) : undefined;
    return created ?? deleted;
  }

  async #writeStatus(key: ObjectKey, uid: string, hash: string): Promise<number | undefined> {
    // Read again: the pods just made or deleted are to be counted.
    const daemonSet = this.#daemonSets.lister.get(key);
    if (daemonSet?.metadata.uid !== uid) return undefined;
    const nodes = this.#nodes.lister.list();
    const pods = this.#pods.lister.listByOwner(uid);
    const nowMs = this.#services.clock.now();
    const { status, recheckAfterMs } = planDaemonSetStatus({ daemonSet, nodes, pods, hash, nowMs });
    if (!isSemanticallyEqual(daemonSet.status ?? {}, status)) {
      await this.#services.client.updateStatus('daemonsets.apps', { ...daemonSet, status });
    }
    return recheckAfterMs;
  }

  async #cleanUp(
    daemonSet: DaemonSet,
    revisions: readonly ControllerRevision[],
    update: ControllerRevision,
  ): Promise<void> {
    const pods = this.#pods.lister.listByOwner(daemonSet.metadata.uid);
    const hashes = new Set(pods.map(({ metadata }) => metadata.labels?.[controllerRevisionHashLabel]));
    const used = revisions.filter(({ metadata }) => hashes.has(metadata.labels?.[controllerRevisionHashLabel]));
    const live = new Set([update, ...used].map(({ metadata }) => metadata.name));
    await this.#history.cleanUp(daemonSet, revisions, live);
  }
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
