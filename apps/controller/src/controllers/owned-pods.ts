import {
  compileLabelSelector,
  type KubernetesObject,
  keyOf,
  type LabelSelector,
  type ObjectKey,
  objectKey,
  type Pod,
} from '@gantry/api-types';
import type { ApiClient, Informer, InformerEvent } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import type { Expectations } from '@gantry/core/reconcile/expectations';
import {
  type ClaimPlan,
  controllerOf,
  planClaims,
  withController,
  withoutOwner,
} from '@gantry/core/reconcile/owner-references';
import { podCondition } from '@gantry/core/reconcile/pod-state';
import type { KeyQueue } from './controller.ts';
import { OrphanIndex, SelectorIndex } from './indexes.ts';
import { forEachParallel } from './parallel.ts';

const maxInFlight = 64;

export interface OwnedPodsOptions<T extends KubernetesObject> {
  readonly client: ApiClient;
  readonly owners: Informer<T>;
  readonly pods: Informer<Pod>;
  /** The owners' kind, as owner references name it. */
  readonly kind: string;
  readonly selectorOf: (owner: T) => LabelSelector | undefined;
  /** Whether the owner may take over a pod that matches its selector and that nobody controls; all where absent. */
  readonly mayAdopt?: (owner: T, pod: Pod) => boolean;
  /** Whether a change of a pod can alter what its owner does or reports. */
  readonly isRelevant: (previous: Pod, pod: Pod) => boolean;
  /** Relevant changes of many pods within this time make one pass of their owner. */
  readonly batchMs: number;
  /** Told what the cache shows, where the controller counts on it. */
  readonly expectations?: Expectations;
  /** A finalizer that the owner's pods carry: adopted ones get it, released ones lose it. */
  readonly finalizer?: string;
}

/** The pods of one kind of workload: which owner an event concerns, and which pods an owner takes over or lets go. */
export class OwnedPods<T extends KubernetesObject> {
  readonly #options: OwnedPodsOptions<T>;
  readonly #orphans: OrphanIndex<Pod>;
  readonly #selectors: SelectorIndex<T>;

  constructor(options: OwnedPodsOptions<T>) {
    this.#options = options;
    this.#orphans = new OrphanIndex(options.pods.lister);
    this.#selectors = new SelectorIndex(options.selectorOf);
  }

  /** Enqueues owners for their own changes and for those of their pods. Returns what unsubscribes. */
  watch(queue: KeyQueue): readonly (() => void)[] {
    const { owners, pods, expectations } = this.#options;
    return [
      owners.onEvent((event) => {
        this.#selectors.observe(event);
        // At once: a namesake may come before the next pass, and must not wait for what this one expected.
        if (event.type === 'deleted') expectations?.forget(keyOf(event.object));
        queue.add(keyOf(event.object));
      }),
      pods.onEvent((event) => this.#onPod(event, queue)),
    ];
  }

  /** The pods that the owner controls, and those that it should or should not. */
  planClaims(owner: T): ClaimPlan<Pod> {
    const { uid, namespace } = owner.metadata;
    const { selectorOf, pods, mayAdopt = () => true } = this.#options;
    const selector = compileLabelSelector(selectorOf(owner));
    const orphans = this.#orphans.list(namespace).filter((pod) => mayAdopt(owner, pod));
    const candidates = [...pods.lister.listByOwner(uid), ...orphans];
    return planClaims(owner, candidates, (labels) => selector.matches(labels));
  }

  /** Writes the owner references that a plan asks for. Rejects with the first failure. */
  async applyClaims(owner: T, claims: ClaimPlan<Pod>): Promise<void> {
    const errors = [
      ...(await forEachParallel(claims.adopt, maxInFlight, (pod) =>
        this.#patch(pod, { ownerReferences: withController(pod, owner), ...this.#finalizers(pod, true) }),
      )),
      ...(await forEachParallel(claims.release, maxInFlight, (pod) =>
        this.#patch(pod, {
          ownerReferences: withoutOwner(pod, owner.metadata.uid),
          ...this.#finalizers(pod, false),
        }),
      )),
    ];
    if (errors.length > 0) throw errors[0];
  }

  /** The key of the owner that controls the pod, if it is one that exists. */
  ownerKey(pod: Pod): ObjectKey | undefined {
    const controller = controllerOf(pod);
    if (controller?.kind !== this.#options.kind) return undefined;
    const key = objectKey(pod.metadata.namespace, controller.name);
    return this.#options.owners.lister.get(key)?.metadata.uid === controller.uid ? key : undefined;
  }

  #onPod(event: InformerEvent<Pod>, queue: KeyQueue): void {
    this.#orphans.observe(event);
    const { expectations, isRelevant, batchMs } = this.#options;
    const { object: pod, previous } = event;
    const owner = this.ownerKey(pod);
    const formerOwner = previous ? this.ownerKey(previous) : undefined;
    if (formerOwner && formerOwner !== owner) queue.add(formerOwner);
    if (!owner) {
      this.#onOrphan(event, queue);
      return;
    }
    const isLeaving = event.type === 'deleted' || pod.metadata.deletionTimestamp !== undefined;
    if (event.type === 'added' && !isLeaving) expectations?.creationObserved(owner);
    if (isLeaving) expectations?.deletionObserved(owner, pod.metadata.uid);
    if (!previous || event.type !== 'modified' || isLeaving) queue.add(owner);
    else if (isRelevant(previous, pod)) queue.addAfter(owner, batchMs);
  }

  #onOrphan({ type, object: pod }: InformerEvent<Pod>, queue: KeyQueue): void {
    const { namespace, labels } = pod.metadata;
    if (type === 'deleted' || controllerOf(pod) || !this.#selectors.has(namespace)) return;
    for (const key of this.#selectors.matching(namespace, labels)) queue.add(key);
  }

  #finalizers(pod: Pod, isWanted: boolean): { finalizers?: string[] } {
    const { finalizer } = this.#options;
    if (finalizer === undefined) return {};
    const others = (pod.metadata.finalizers ?? []).filter((present) => present !== finalizer);
    return { finalizers: isWanted ? [...others, finalizer] : others };
  }

  async #patch(pod: Pod, change: object): Promise<void> {
    const { namespace, name, uid, resourceVersion } = pod.metadata;
    const metadata = { uid, resourceVersion, ...change };
    await this.#options.client.mergePatch('pods', namespace, name, { metadata });
  }
}

/** Whether the change can alter counts of pods, ready pods or claims. Most status writes of a node do not. */
export function isReplicaChange(previous: Pod, pod: Pod): boolean {
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
