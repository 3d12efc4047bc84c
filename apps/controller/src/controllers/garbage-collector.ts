import { isApiError, type KubernetesObject, type OwnerReference, objectKey, splitKey } from '@gantry/api-types';
import type { InformerEvent, Lister } from '@gantry/core';
import {
  type GarbagePlan,
  isAwaitingDependents,
  isOrphaningDependents,
  type OwnerState,
  planGarbage,
} from '@gantry/core/reconcile/garbage';
import { withoutOwner } from '@gantry/core/reconcile/owner-references';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { OwnerGraph } from './owner-graph.ts';
import { forEachParallel } from './parallel.ts';
import {
  findServedResource,
  qualifiedKey,
  type ServedResource,
  servedResources,
  splitQualifiedKey,
} from './served-resources.ts';

const component = 'garbage-collector-controller';
const maxInFlight = 32;

/** Deletes what is left without an owner, and sees foreground and orphaning deletions through. */
export class GarbageCollector implements ControllerDefinition {
  readonly name = component;
  readonly workers = 32;
  readonly #services: ControllerServices;
  readonly #graph = new OwnerGraph();
  #queue: KeyQueue | undefined;

  constructor(services: ControllerServices) {
    this.#services = services;
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    this.#queue = queue;
    return (
      servedResources
        // Events own nothing and are owned by nobody, and there are many of them.
        .filter(({ resource }) => resource !== 'events')
        .map((served) =>
          this.#services.informers
            .informer(served.resource)
            .onEvent((event: InformerEvent<KubernetesObject>) => this.#onEvent(served, event, queue)),
        )
    );
  }

  async reconcile(id: string): Promise<ReconcileResult | undefined> {
    const { resource } = splitQualifiedKey(id);
    const object = this.#find(id);
    if (!object) return undefined;
    const states = await this.#ownerStates(object);
    const dependents = this.#graph
      .dependentsOf(object.metadata.uid)
      .flatMap((dependent) => this.#find(dependent) ?? []);
    const plan = planGarbage({
      object,
      ownerState: (reference) => states.get(reference.uid) ?? 'present',
      dependents,
    });
    await this.#apply(resource, object, plan);
    return undefined;
  }

  #onEvent(served: ServedResource, event: InformerEvent<KubernetesObject>, queue: KeyQueue): void {
    const { object, previous } = event;
    const { uid, ownerReferences, deletionTimestamp } = object.metadata;
    const isInteresting = ownerReferences !== undefined || previous?.metadata.ownerReferences !== undefined;
    if (isInteresting) this.#graph.observe(served.resource, event);
    if (event.type === 'deleted') {
      for (const dependent of this.#graph.dependentsOf(uid)) queue.add(dependent);
      for (const reference of ownerReferences ?? []) this.#enqueueWaitingOwner(object, reference, queue);
      return;
    }
    const id = qualifiedKey(served.resource, keyOfObject(object));
    const hadOthers = isInteresting && previous !== undefined && areOwnersChanged(previous, object);
    // Also for what is being deleted itself: it may be the last thing that its former owner waits for.
    for (const reference of (hadOthers && previous.metadata.ownerReferences) || []) {
      this.#enqueueWaitingOwner(object, reference, queue);
    }
    if (deletionTimestamp !== undefined) {
      if (isAwaitingDependents(object) || isOrphaningDependents(object)) queue.add(id);
      return;
    }
    // Most objects keep their owners all their life: they cost one look-up per owner, once.
    if (!ownerReferences || (previous && !hadOthers)) return;
    if (ownerReferences.some((reference) => this.#cachedOwnerState(object, reference) !== 'present')) queue.add(id);
  }

  /** An owner that waits for its dependents looks again whenever one of them went or changed. */
  #enqueueWaitingOwner(dependent: KubernetesObject, reference: OwnerReference, queue: KeyQueue): void {
    const owner = this.#resolve(dependent, reference);
    if (!owner) return;
    const object = this.#find(owner.id);
    if (object && (isAwaitingDependents(object) || isOrphaningDependents(object))) queue.add(owner.id);
  }

  #resolve(dependent: KubernetesObject, reference: OwnerReference): (ServedResource & { id: string }) | undefined {
    const served = findServedResource(reference.apiVersion, reference.kind);
    if (!served) return undefined;
    const namespace = served.isNamespaced ? dependent.metadata.namespace : undefined;
    return { ...served, id: qualifiedKey(served.resource, objectKey(namespace, reference.name)) };
  }

  /** As the caches show it. A kind that is not served cannot be looked at: its objects count as present. */
  #cachedOwnerState(dependent: KubernetesObject, reference: OwnerReference): OwnerState {
    const owner = this.#resolve(dependent, reference);
    if (!owner || isForeignScope(dependent, owner)) return 'present';
    const object = this.#find(owner.id);
    if (object?.metadata.uid !== reference.uid) return 'absent';
    return isAwaitingDependents(object) ? 'waiting' : 'present';
  }

  /** Each owner's state; one that the cache does not show is asked for, since absence is what gets objects deleted. */
  async #ownerStates(object: KubernetesObject): Promise<ReadonlyMap<string, OwnerState>> {
    const states = new Map<string, OwnerState>();
    for (const reference of object.metadata.ownerReferences ?? []) {
      const state = this.#cachedOwnerState(object, reference);
      states.set(reference.uid, state === 'absent' ? await this.#verifyAbsent(object, reference) : state);
    }
    return states;
  }

  async #verifyAbsent(object: KubernetesObject, reference: OwnerReference): Promise<OwnerState> {
    const owner = this.#resolve(object, reference);
    if (!owner) return 'present';
    const { namespace, name } = splitKey(splitQualifiedKey(owner.id).key);
    try {
      const found: KubernetesObject = await this.#services.client.get(owner.resource, namespace, name);
      if (found.metadata.uid === reference.uid) return isAwaitingDependents(found) ? 'waiting' : 'present';
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
    this.#reportForeignOwner(object, reference, owner);
    return 'absent';
  }

  /** An owner of that uid in another namespace: a mistake that would otherwise delete the object without a word. */
  #reportForeignOwner(object: KubernetesObject, reference: OwnerReference, owner: ServedResource): void {
    const lister: Lister<KubernetesObject> = this.#services.informers.informer(owner.resource).lister;
    if (!owner.isNamespaced || !lister.list().some(({ metadata }) => metadata.uid === reference.uid)) return;
    const { apiVersion, kind, name, uid } = reference;
    const namespace = object.metadata.namespace ?? '';
    this.#services.events.record(object, {
      type: 'Warning',
      reason: 'OwnerRefInvalidNamespace',
      message: `ownerRef [${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}] does not exist in namespace "${namespace}"`,
      component,
    });
  }

  #find(id: string): KubernetesObject | undefined {
    const { resource, key } = splitQualifiedKey(id);
    return this.#services.informers.informer(resource).lister.get(key);
  }

  async #apply(resource: ServedResource['resource'], object: KubernetesObject, plan: GarbagePlan): Promise<void> {
    const { client } = this.#services;
    const { namespace, name, uid, resourceVersion, finalizers } = object.metadata;
    switch (plan.type) {
      case 'keep':
        return;
      case 'delete': {
        // With the version: a new owner may just have been given to it.
        const preconditions = { uid, resourceVersion };
        return client.delete(resource, namespace, name, { propagationPolicy: plan.propagationPolicy, preconditions });
      }
      case 'setOwners':
        await client.mergePatch(resource, namespace, name, {
          metadata: { uid, resourceVersion, ownerReferences: plan.ownerReferences },
        });
        return;
      case 'awaitDependents':
        for (const dependent of this.#graph.dependentsOf(uid)) this.#queue?.add(dependent);
        return;
      case 'orphanDependents':
        return this.#orphanDependents(uid);
      case 'removeFinalizer': {
        const kept = (finalizers ?? []).filter((finalizer) => finalizer !== plan.finalizer);
        await client.mergePatch(resource, namespace, name, { metadata: { uid, resourceVersion, finalizers: kept } });
        return;
      }
    }
  }

  async #orphanDependents(ownerUid: string): Promise<void> {
    const errors = await forEachParallel(this.#graph.dependentsOf(ownerUid), maxInFlight, async (id) => {
      const dependent = this.#find(id);
      if (!dependent) return;
      const { namespace, name, uid, resourceVersion } = dependent.metadata;
      const metadata = { uid, resourceVersion, ownerReferences: withoutOwner(dependent, ownerUid) };
      await this.#services.client.mergePatch(splitQualifiedKey(id).resource, namespace, name, { metadata });
    });
    if (errors.length > 0) throw errors[0];
  }
}

/** A cluster-scoped object cannot be owned by a namespaced one: there is no namespace to look in. */
function isForeignScope(dependent: KubernetesObject, owner: ServedResource): boolean {
  return owner.isNamespaced && dependent.metadata.namespace === undefined;
}

function areOwnersChanged(previous: KubernetesObject, object: KubernetesObject): boolean {
  const before = previous.metadata.ownerReferences ?? [];
  const after = object.metadata.ownerReferences ?? [];
  const isSame = (a: OwnerReference, b: OwnerReference | undefined) =>
    a.uid === b?.uid && (a.blockOwnerDeletion ?? false) === (b.blockOwnerDeletion ?? false);
  return before.length !== after.length || after.some((reference, index) => !isSame(reference, before[index]));
}

function keyOfObject(object: KubernetesObject): string {
  return objectKey(object.metadata.namespace, object.metadata.name);
}
