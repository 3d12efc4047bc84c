import {
  compileLabelSelector,
  type Deployment,
  isApiError,
  keyOf,
  type NewObject,
  type ObjectKey,
  objectKey,
  type Pod,
  type ReplicaSet,
} from '@gantry/api-types';
import type { Informer, InformerEvent } from '@gantry/core';
import { type DeploymentPlan, isOwnReplicaSet, planDeployment } from '@gantry/core/reconcile/deployment';
import { createErrorStatus } from '@gantry/core/reconcile/deployment-status';
import { controllerOf, planClaims, withController, withoutOwner } from '@gantry/core/reconcile/owner-references';
import { type ReplicaSetChange, scalingEvent } from '@gantry/core/reconcile/replica-set-edits';
import { isRollingUpdate } from '@gantry/core/reconcile/rollout-limits';
import {
  type ControllerDefinition,
  type ControllerServices,
  isNamespaceTerminating,
  type KeyQueue,
  type ReconcileResult,
} from './controller.ts';
import { OrphanIndex, SelectorIndex } from './indexes.ts';

const component = 'deployment-controller';

/** Rolls Deployments out through ReplicaSets. */
export class DeploymentController implements ControllerDefinition {
  readonly name = component;
  readonly workers = 8;
  readonly #services: ControllerServices;
  readonly #deployments: Informer<Deployment>;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #orphans: OrphanIndex<ReplicaSet>;
  readonly #selectors = new SelectorIndex<Deployment>((deployment) => deployment.spec.selector);

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#deployments = services.informers.informer('deployments.apps');
    this.#replicaSets = services.informers.informer('replicasets.apps');
    this.#pods = services.informers.informer('pods');
    this.#orphans = new OrphanIndex(this.#replicaSets.lister);
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#deployments.onEvent((event) => {
        this.#selectors.observe(event);
        queue.add(keyOf(event.object));
      }),
      this.#replicaSets.onEvent((event) => this.#onReplicaSet(event, queue)),
      this.#pods.onEvent((event) => this.#onPod(event, queue)),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const deployment = this.#deployments.lister.get(key);
    if (!deployment) return undefined;
    const replicaSets = await this.#claimReplicaSets(deployment);
    const pods = isRollingUpdate(deployment)
      ? []
      : replicaSets.flatMap((replicaSet) => this.#pods.lister.listByOwner(replicaSet.metadata.uid));
    const plan = planDeployment({ deployment, replicaSets, pods, nowMs: this.#services.clock.now() });
    await this.#apply(deployment, plan);
    return { requeueAfterMs: plan.recheckAfterMs };
  }

  #onReplicaSet(event: InformerEvent<ReplicaSet>, queue: KeyQueue): void {
    this.#orphans.observe(event);
    const { object: replicaSet, previous } = event;
    const owner = this.#ownerKey(replicaSet);
    const formerOwner = previous ? this.#ownerKey(previous) : undefined;
    if (formerOwner && formerOwner !== owner) queue.add(formerOwner);
    if (owner) queue.add(owner);
    else if (event.type !== 'deleted' && !controllerOf(replicaSet)) {
      const { namespace, labels } = replicaSet.metadata;
      for (const key of this.#selectors.matching(namespace, labels)) queue.add(key);
    }
  }

  /** Only Recreate waits for pods: once the last old one is gone, the new ones may come. */
  #onPod(event: InformerEvent<Pod>, queue: KeyQueue): void {
    if (event.type !== 'deleted') return;
    const controller = controllerOf(event.object);
    if (controller?.kind !== 'ReplicaSet') return;
    const replicaSet = this.#replicaSets.lister.get(objectKey(event.object.metadata.namespace, controller.name));
    const owner = replicaSet && this.#ownerKey(replicaSet);
    const deployment = owner && this.#deployments.lister.get(owner);
    if (deployment && !isRollingUpdate(deployment)) queue.add(owner);
  }

  #ownerKey(replicaSet: ReplicaSet): ObjectKey | undefined {
    const controller = controllerOf(replicaSet);
    if (controller?.kind !== 'Deployment') return undefined;
    const key = objectKey(replicaSet.metadata.namespace, controller.name);
    return this.#deployments.lister.get(key)?.metadata.uid === controller.uid ? key : undefined;
  }

  /** Carries out adoptions and releases; resolves to the Deployment's own ReplicaSets. */
  async #claimReplicaSets(deployment: Deployment): Promise<readonly ReplicaSet[]> {
    const { uid, namespace } = deployment.metadata;
    const selector = compileLabelSelector(deployment.spec.selector);
    const candidates = [...this.#replicaSets.lister.listByOwner(uid), ...this.#orphans.list(namespace)];
    const { claimed, adopt, release } = planClaims(deployment, candidates, (labels) => selector.matches(labels));
    if (adopt.length === 0 && release.length === 0) return claimed;
    for (const replicaSet of adopt) await this.#setOwners(replicaSet, withController(replicaSet, deployment));
    for (const replicaSet of release) await this.#setOwners(replicaSet, withoutOwner(replicaSet, uid));
    return claimed.map((replicaSet) => this.#replicaSets.lister.get(keyOf(replicaSet)) ?? replicaSet);
  }

  async #setOwners(replicaSet: ReplicaSet, ownerReferences: object): Promise<void> {
    const { namespace, name, uid, resourceVersion } = replicaSet.metadata;
    const metadata = { uid, resourceVersion, ownerReferences };
    await this.#services.client.mergePatch('replicasets.apps', namespace, name, { metadata });
  }

  async #apply(deployment: Deployment, plan: DeploymentPlan): Promise<void> {
    const { client } = this.#services;
    const { namespace, name } = deployment.metadata;
    if (plan.createReplicaSet) await this.#create(deployment, plan.createReplicaSet);
    for (const change of plan.updateReplicaSets) await this.#update(deployment, change);
    for (const { metadata } of plan.deleteReplicaSets) {
      const preconditions = { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
      await client.delete('replicasets.apps', metadata.namespace, metadata.name, {
        propagationPolicy: 'Background',
        preconditions,
      });
    }
    let present = deployment;
    if (Object.keys(plan.annotations).length > 0) {
      const { uid, resourceVersion } = deployment.metadata;
      const metadata = { uid, resourceVersion, annotations: plan.annotations };
      present = await client.mergePatch('deployments.apps', namespace, name, { metadata });
    }
    if (plan.isStatusChanged) await client.updateStatus('deployments.apps', { ...present, status: plan.status });
  }

  async #create(deployment: Deployment, replicaSet: NewObject<ReplicaSet>): Promise<void> {
    const { client, events } = this.#services;
    const replicas = replicaSet.spec.replicas ?? 0;
    try {
      const created = await client.create('replicasets.apps', replicaSet);
      if (replicas > 0) events.record(deployment, scalingEvent(created.metadata.name, 0, replicas));
    } catch (error) {
      const name = replicaSet.metadata.name ?? '';
      if (isApiError(error, 'AlreadyExists')) return await this.#resolveCollision(deployment, name, error);
      if (!isNamespaceTerminating(error)) await this.#reportCreateError(deployment, name, error);
      throw error;
    }
  }

  async #reportCreateError(deployment: Deployment, name: string, error: unknown): Promise<void> {
    const { client, clock, events } = this.#services;
    const problem = error instanceof Error ? error.message : String(error);
    const status = createErrorStatus(deployment, name, problem, clock.now());
    const message = `Failed to create new replica set "${name}": ${problem}`;
    events.record(deployment, { type: 'Warning', reason: 'ReplicaSetCreateError', message, component });
    await client.updateStatus('deployments.apps', { ...deployment, status });
  }

  /** Another template has the hash: a raised collision count gives this one another name on the next pass. */
  async #resolveCollision(deployment: Deployment, name: string, error: unknown): Promise<void> {
    const { client } = this.#services;
    const found = await client.get('replicasets.apps', deployment.metadata.namespace, name);
    if (isOwnReplicaSet(deployment, found)) return;
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    await client.updateStatus('deployments.apps', { ...deployment, status: { ...deployment.status, collisionCount } });
    throw error;
  }

  async #update(deployment: Deployment, change: ReplicaSetChange): Promise<void> {
    await this.#services.client.update('replicasets.apps', change.next);
    for (const event of change.events) this.#services.events.record(deployment, event);
  }
}
