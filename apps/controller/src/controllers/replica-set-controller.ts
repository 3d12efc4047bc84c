import type { ObjectKey, Pod, ReplicaSet } from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import { controllerOf } from '@gantry/core/reconcile/owner-references';
import {
  newReplicaPod,
  planReplicaSet,
  planReplicaSetStatus,
  type ReplicaFailure,
  type ReplicaOwner,
  replicaSelector,
} from '@gantry/core/reconcile/replica-set';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { isReplicaChange, OwnedPods } from './owned-pods.ts';
import { messageOf, PodControl } from './pod-control.ts';

/** Readiness changes of many pods within this time become one status write. */
const statusBatchMs = 10;

/** The two kinds that are nothing but a number of pods. */
export interface ReplicaKind {
  readonly resource: 'replicasets.apps' | 'replicationcontrollers';
  readonly kind: ReplicaOwner['kind'];
  readonly component: string;
}

export const replicaSetKind: ReplicaKind = {
  resource: 'replicasets.apps',
  kind: 'ReplicaSet',
  component: 'replicaset-controller',
};

export const replicationControllerKind: ReplicaKind = {
  resource: 'replicationcontrollers',
  kind: 'ReplicationController',
  component: 'replication-controller',
};

/** Keeps as many pods running as each ReplicaSet (or ReplicationController) asks for. */
export class ReplicaSetController implements ControllerDefinition {
  readonly name: string;
  readonly workers = 8;
  readonly #services: ControllerServices;
  readonly #resource: ReplicaKind['resource'];
  readonly #owners: Informer<ReplicaOwner>;
  readonly #pods: Informer<Pod>;
  readonly #control: PodControl;
  readonly #owned: OwnedPods<ReplicaOwner>;

  constructor(services: ControllerServices, { resource, kind, component }: ReplicaKind) {
    this.name = component;
    this.#services = services;
    this.#resource = resource;
    this.#owners = services.informers.informer(resource);
    this.#pods = services.informers.informer('pods');
    this.#control = new PodControl(services, component);
    this.#owned = new OwnedPods<ReplicaOwner>({
      client: services.client,
      owners: this.#owners,
      pods: this.#pods,
      kind,
      selectorOf: replicaSelector,
      isRelevant: isReplicaChange,
      batchMs: statusBatchMs,
      expectations: this.#control.expectations,
    });
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return this.#owned.watch(queue);
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const owner = this.#owners.lister.get(key);
    if (!owner) {
      this.#control.expectations.forget(key);
      return undefined;
    }
    const claims = this.#owned.planClaims(owner);
    await this.#owned.applyClaims(owner, claims);
    const error = this.#control.isUpToDate(key) ? await this.#manageReplicas(key, owner, claims.claimed) : undefined;
    const requeueAfterMs = await this.#writeStatus(key, owner.metadata.uid, error);
    if (error) throw error.cause;
    return { requeueAfterMs };
  }

  async #manageReplicas(
    key: ObjectKey,
    owner: ReplicaOwner,
    present: readonly Pod[],
  ): Promise<(ReplicaFailure & { cause: unknown }) | undefined> {
    const isShrinking = present.length > (owner.spec.replicas ?? 1);
    const plan = planReplicaSet(owner, present, isShrinking ? this.#relatedPods(owner) : []);
    if (plan.createCount > 0) {
      const pods = Array.from({ length: plan.createCount }, () => newReplicaPod(owner));
      const cause = await this.#control.create(key, owner, pods);
      return cause === undefined ? undefined : { reason: 'FailedCreate', message: messageOf(cause), cause };
    }
    if (plan.deletePods.length > 0) {
      const cause = await this.#control.delete(key, owner, plan.deletePods);
      return cause === undefined ? undefined : { reason: 'FailedDelete', message: messageOf(cause), cause };
    }
    return undefined;
  }

  /** The pods of the same Deployment: those that "doubled up on a node" is about. */
  #relatedPods(owner: ReplicaOwner): readonly Pod[] {
    const deployment = controllerOf(owner);
    const siblings: readonly ReplicaOwner[] = deployment ? this.#owners.lister.listByOwner(deployment.uid) : [owner];
    return siblings.flatMap((sibling) => this.#pods.lister.listByOwner(sibling.metadata.uid));
  }

  async #writeStatus(key: ObjectKey, uid: string, failure: ReplicaFailure | undefined): Promise<number | undefined> {
    // Read again: the pods just made or deleted are to be counted.
    const owner = this.#owners.lister.get(key);
    if (owner?.metadata.uid !== uid) return undefined;
    const pods = this.#pods.lister.listByOwner(uid);
    const reported = failure && { reason: failure.reason, message: failure.message };
    const { status, recheckAfterMs } = planReplicaSetStatus(owner, pods, this.#services.clock.now(), reported);
    if (!isSemanticallyEqual(owner.status ?? {}, status)) {
      await this.#services.client.updateStatus(this.#resource, { ...owner, status } as ReplicaSet);
    }
    return recheckAfterMs;
  }
}
