import {
  compileLabelSelector,
  isApiError,
  keyOf,
  type ObjectKey,
  objectKey,
  type Pod,
  type ReplicaSet,
} from '@gantry/api-types';
import type { Informer, InformerEvent } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import { Expectations } from '@gantry/core/reconcile/expectations';
import {
  type ClaimPlan,
  controllerOf,
  planClaims,
  withController,
  withoutOwner,
} from '@gantry/core/reconcile/owner-references';
import { podCondition } from '@gantry/core/reconcile/pod-state';
import {
  newReplicaSetPod,
  planReplicaSet,
  planReplicaSetStatus,
  type ReplicaFailure,
} from '@gantry/core/reconcile/replica-set';
import { slowStartBatches } from '@gantry/core/reconcile/slow-start';
import {
  type ControllerDefinition,
  type ControllerServices,
  isNamespaceTerminating,
  type KeyQueue,
  type ReconcileResult,
} from './controller.ts';
import { OrphanIndex, SelectorIndex } from './indexes.ts';
import { forEachParallel } from './parallel.ts';

const component = 'replicaset-controller';
/** Creates and deletes under way at once: enough to fill the store's group commits. */
const maxInFlight = 64;
/** Readiness changes of many pods within this time become one status write. */
const statusBatchMs = 10;

/** Keeps as many pods running as each ReplicaSet asks for. */
export class ReplicaSetController implements ControllerDefinition {
  readonly name = component;
  readonly workers = 8;
  readonly #services: ControllerServices;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #expectations = new Expectations();
  readonly #orphans: OrphanIndex<Pod>;
  readonly #selectors = new SelectorIndex<ReplicaSet>((replicaSet) => replicaSet.spec.selector);

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#replicaSets = services.informers.informer('replicasets.apps');
    this.#pods = services.informers.informer('pods');
    this.#orphans = new OrphanIndex(this.#pods.lister);
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#replicaSets.onEvent((event) => {
        this.#selectors.observe(event);
        // At once: a namesake may come before the next pass, and must not wait for what this one expected.
        if (event.type === 'deleted') this.#expectations.forget(keyOf(event.object));
        queue.add(keyOf(event.object));
      }),
      this.#pods.onEvent((event) => this.#onPod(event, queue)),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const replicaSet = this.#replicaSets.lister.get(key);
    if (!replicaSet) {
      this.#expectations.forget(key);
      return undefined;
    }
    const claims = this.#planClaims(replicaSet);
    await this.#applyClaims(replicaSet, claims);
    const error = this.#expectations.areMet(key, this.#now())
      ? await this.#manageReplicas(key, replicaSet, claims.claimed)
      : undefined;
    const requeueAfterMs = await this.#writeStatus(key, replicaSet.metadata.uid, error);
    if (error) throw error.cause;
    return { requeueAfterMs };
  }

  #onPod(event: InformerEvent<Pod>, queue: KeyQueue): void {
    this.#orphans.observe(event);
    const { object: pod, previous } = event;
    const owner = this.#ownerKey(pod);
    const formerOwner = previous ? this.#ownerKey(previous) : undefined;
    if (formerOwner && formerOwner !== owner) queue.add(formerOwner);
    if (!owner) {
      if (event.type !== 'deleted' && !controllerOf(pod) && this.#selectors.has(pod.metadata.namespace)) {
        for (const key of this.#selectors.matching(pod.metadata.namespace, pod.metadata.labels)) queue.add(key);
      }
      return;
    }
    const isLeaving = event.type === 'deleted' || pod.metadata.deletionTimestamp !== undefined;
    if (event.type === 'added' && !isLeaving) this.#expectations.creationObserved(owner);
    if (isLeaving) this.#expectations.deletionObserved(owner, pod.metadata.uid);
    if (!previous || event.type !== 'modified' || isLeaving) queue.add(owner);
    else if (hasRelevantChange(previous, pod)) queue.addAfter(owner, statusBatchMs);
  }

  /** The key of the ReplicaSet that controls the pod, if it is one that exists. */
  #ownerKey(pod: Pod): ObjectKey | undefined {
    const controller = controllerOf(pod);
    if (controller?.kind !== 'ReplicaSet') return undefined;
    const key = objectKey(pod.metadata.namespace, controller.name);
    return this.#replicaSets.lister.get(key)?.metadata.uid === controller.uid ? key : undefined;
  }

  #planClaims(replicaSet: ReplicaSet): ClaimPlan<Pod> {
    const { uid, namespace } = replicaSet.metadata;
    const selector = compileLabelSelector(replicaSet.spec.selector);
    const candidates = [...this.#pods.lister.listByOwner(uid), ...this.#orphans.list(namespace)];
    return planClaims(replicaSet, candidates, (labels) => selector.matches(labels));
  }

  async #applyClaims(replicaSet: ReplicaSet, claims: ClaimPlan<Pod>): Promise<void> {
    const patch = async (pod: Pod, ownerReferences: object) => {
      const { namespace, name, uid, resourceVersion } = pod.metadata;
      const metadata = { uid, resourceVersion, ownerReferences };
      await this.#services.client.mergePatch('pods', namespace, name, { metadata });
    };
    const errors = [
      ...(await forEachParallel(claims.adopt, maxInFlight, (pod) => patch(pod, withController(pod, replicaSet)))),
      ...(await forEachParallel(claims.release, maxInFlight, (pod) =>
        patch(pod, withoutOwner(pod, replicaSet.metadata.uid)),
      )),
    ];
    if (errors.length > 0) throw errors[0];
  }

  async #manageReplicas(
    key: ObjectKey,
    replicaSet: ReplicaSet,
    pods: readonly Pod[],
  ): Promise<(ReplicaFailure & { cause: unknown }) | undefined> {
    const isShrinking = pods.length > (replicaSet.spec.replicas ?? 1);
    const plan = planReplicaSet(replicaSet, pods, isShrinking ? this.#relatedPods(replicaSet) : []);
    if (plan.createCount > 0) {
      const cause = await this.#createPods(key, replicaSet, plan.createCount);
      return cause === undefined ? undefined : { reason: 'FailedCreate', message: messageOf(cause), cause };
    }
    if (plan.deletePods.length > 0) {
      const cause = await this.#deletePods(key, replicaSet, plan.deletePods);
      return cause === undefined ? undefined : { reason: 'FailedDelete', message: messageOf(cause), cause };
    }
    return undefined;
  }

  /** The pods of the same Deployment: those that "doubled up on a node" is about. */
  #relatedPods(replicaSet: ReplicaSet): readonly Pod[] {
    const owner = controllerOf(replicaSet);
    const siblings = owner ? this.#replicaSets.lister.listByOwner(owner.uid) : [replicaSet];
    return siblings.flatMap((sibling) => this.#pods.lister.listByOwner(sibling.metadata.uid));
  }

  async #createPods(key: ObjectKey, replicaSet: ReplicaSet, count: number): Promise<unknown> {
    this.#expectations.expectCreations(key, count, this.#now());
    let tried = 0;
    for (const size of slowStartBatches(count, maxInFlight)) {
      const batch = Array.from({ length: size }, () => newReplicaSetPod);
      tried += size;
      const errors = await forEachParallel(batch, maxInFlight, (newPod) =>
        this.#createPod(key, replicaSet, newPod(replicaSet)),
      );
      if (errors.length === 0) continue;
      this.#expectations.creationObserved(key, count - tried);
      // A namespace that is going away takes the ReplicaSet with it: nothing to report, nothing to try again.
      return errors.find((error) => !isNamespaceTerminating(error));
    }
    return undefined;
  }

  async #createPod(key: ObjectKey, replicaSet: ReplicaSet, pod: ReturnType<typeof newReplicaSetPod>): Promise<void> {
    try {
      const created = await this.#services.client.create('pods', pod);
      this.#record(replicaSet, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    } catch (error) {
      this.#expectations.creationObserved(key);
      if (!isNamespaceTerminating(error)) {
        this.#record(replicaSet, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      }
      throw error;
    }
  }

  async #deletePods(key: ObjectKey, replicaSet: ReplicaSet, pods: readonly Pod[]): Promise<unknown> {
    this.#expectations.expectDeletions(
      key,
      pods.map((pod) => pod.metadata.uid),
      this.#now(),
    );
    const errors = await forEachParallel(pods, maxInFlight, async (pod) => {
      const { namespace, name, uid } = pod.metadata;
      try {
        await this.#services.client.delete('pods', namespace, name, { preconditions: { uid } });
        this.#record(replicaSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      } catch (error) {
        this.#expectations.deletionObserved(key, uid);
        // Somebody else deleted it: that is what was wanted.
        if (isApiError(error, 'NotFound')) return;
        this.#record(replicaSet, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
        throw error;
      }
    });
    return errors[0];
  }

  async #writeStatus(key: ObjectKey, uid: string, failure: ReplicaFailure | undefined): Promise<number | undefined> {
    // Read again: the pods just made or deleted are to be counted.
    const replicaSet = this.#replicaSets.lister.get(key);
    if (replicaSet?.metadata.uid !== uid) return undefined;
    const pods = this.#pods.lister.listByOwner(uid);
    const reported = failure && { reason: failure.reason, message: failure.message };
    const { status, recheckAfterMs } = planReplicaSetStatus(replicaSet, pods, this.#now(), reported);
    if (!isSemanticallyEqual(replicaSet.status ?? {}, status)) {
      await this.#services.client.updateStatus('replicasets.apps', { ...replicaSet, status });
    }
    return recheckAfterMs;
  }

  #record(about: ReplicaSet, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#services.events.record(about, { type, reason, message, component });
  }

  #now(): number {
    return this.#services.clock.now();
  }
}

/** Whether the change can alter the ReplicaSet's status or claims. Most status writes of a node do not. */
function hasRelevantChange(previous: Pod, pod: Pod): boolean {
  const before = podCondition(previous, 'Ready');
  const after = podCondition(pod, 'Ready');
  return (
    before?.status !== after?.status ||
    before?.lastTransitionTime !== after?.lastTransitionTime ||
    previous.status?.phase !== pod.status?.phase ||
    !isSemanticallyEqual(previous.metadata.labels, pod.metadata.labels, 'labels') ||
    !isSemanticallyEqual(previous.metadata.ownerReferences, pod.metadata.ownerReferences)
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
