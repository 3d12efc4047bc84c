import {
  isApiError,
  type NewObject,
  type ObjectKey,
  objectKey,
  type PersistentVolumeClaim,
  type Pod,
  type StatefulSet,
} from '@gantry/api-types';
import type { Informer, RecordedEvent } from '@gantry/core';
import type { StatefulStep } from '@gantry/core/reconcile/stateful-set';
import { isClaimLeaving, planClaimOwners } from '@gantry/core/reconcile/stateful-set-claims';
import { claimName, identityLabels, newClaims } from '@gantry/core/reconcile/stateful-set-identity';
import { type ControllerServices, isNamespaceTerminating, type KeyQueue } from './controller.ts';
import { forEachParallel } from './parallel.ts';
import { messageOf } from './pod-control.ts';

const component = 'statefulset-controller';
const maxInFlight = 64;

/** Carries out what a StatefulSet's plan says about its pods and their claims, with Kubernetes' events. */
export class StatefulPods {
  readonly #services: ControllerServices;
  readonly #claims: Informer<PersistentVolumeClaim>;
  /** Sets that wait for a claim to be gone, by the claim's key. */
  readonly #waiting = new Map<ObjectKey, ObjectKey>();

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#claims = services.informers.informer('persistentvolumeclaims');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#claims.onEvent(({ type, object }) => {
        if (type !== 'deleted') return;
        const key = objectKey(object.metadata.namespace, object.metadata.name);
        const waiting = this.#waiting.get(key);
        if (waiting === undefined) return;
        this.#waiting.delete(key);
        queue.add(waiting);
      }),
    ];
  }

  /** Steps of one pod keep their order. Resolves to the first error; the other pods are seen to nevertheless. */
  async apply(set: StatefulSet, steps: readonly StatefulStep[]): Promise<unknown> {
    const byPod = Map.groupBy(steps, (step) => step.pod.metadata.name ?? '');
    const errors = await forEachParallel([...byPod.values()], maxInFlight, async (ofPod) => {
      for (const step of ofPod) await this.#applyStep(set, step);
    });
    return errors.find((error) => !isNamespaceTerminating(error));
  }

  #applyStep(set: StatefulSet, step: StatefulStep): Promise<void> {
    switch (step.type) {
      case 'create':
        return this.#create(set, step.ordinal, step.pod);
      case 'delete':
        if (step.event) this.#services.events.record(set, step.event);
        return this.#delete(set, step.pod);
      case 'repair':
        return this.#repair(set, step.ordinal, step.pod);
      case 'condemn':
        return this.#setClaimOwners(set, step.ordinal, step.pod, true);
    }
  }

  async #create(set: StatefulSet, ordinal: number, pod: NewObject<Pod>): Promise<void> {
    if (this.#mustWaitForClaims(set, ordinal)) return;
    await this.#createClaims(set, ordinal, pod.metadata.name ?? '');
    const { name = '' } = pod.metadata;
    try {
      await this.#services.client.create('pods', pod);
      this.#record(
        set,
        'Normal',
        'SuccessfulCreate',
        `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
      );
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists') && !isNamespaceTerminating(error)) {
        const message = `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${messageOf(error)}`;
        this.#record(set, 'Warning', 'FailedCreate', message);
      }
      throw error;
    }
    await this.#setClaimOwners(set, ordinal, undefined, false);
  }

  async #delete(set: StatefulSet, pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const what = `delete Pod ${name} in StatefulSet ${set.metadata.name}`;
    try {
      await this.#services.client.delete('pods', namespace, name, { preconditions: { uid } });
      this.#record(set, 'Normal', 'SuccessfulDelete', `${what} successful`);
    } catch (error) {
      // Somebody else deleted it: that is what was wanted.
      if (isApiError(error, 'NotFound')) return;
      this.#record(set, 'Warning', 'FailedDelete', `${what} failed error: ${messageOf(error)}`);
      throw error;
    }
  }

  async #repair(set: StatefulSet, ordinal: number, pod: Pod): Promise<void> {
    const labels = identityLabels(set, ordinal);
    const { namespace, name, uid, resourceVersion, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) return;
    if (pod.status?.phase === 'Pending') await this.#createClaims(set, ordinal, name);
    await this.#setClaimOwners(set, ordinal, pod, false);
    if (Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value)) return;
    await this.#services.client.mergePatch('pods', namespace, name, { metadata: { uid, resourceVersion, labels } });
  }

  #mustWaitForClaims(set: StatefulSet, ordinal: number): boolean {
    const leaving = this.#claimsOf(set, ordinal).filter((claim) => isClaimLeaving(set, claim));
    const { namespace, name } = set.metadata;
    for (const { metadata } of leaving) {
      this.#waiting.set(objectKey(metadata.namespace, metadata.name), objectKey(namespace, name));
    }
    return leaving.length > 0;
  }

  async #createClaims(set: StatefulSet, ordinal: number, podName: string): Promise<void> {
    for (const claim of newClaims(set, ordinal)) {
      const { namespace, name = '' } = claim.metadata;
      if (this.#claims.lister.get(objectKey(namespace, name))) continue;
      const where = `Pod ${podName} in StatefulSet ${set.metadata.name}`;
      try {
        await this.#services.client.create('persistentvolumeclaims', claim);
        this.#record(set, 'Normal', 'SuccessfulCreate', `create Claim ${name} ${where} success`);
      } catch (error) {
        if (isApiError(error, 'AlreadyExists')) continue;
        if (!isNamespaceTerminating(error)) {
          const message = `create Claim ${name} for ${where} failed error: ${messageOf(error)}`;
          this.#record(set, 'Warning', 'FailedCreate', message);
        }
        throw error;
      }
    }
  }

  async #setClaimOwners(set: StatefulSet, ordinal: number, pod: Pod | undefined, isCondemned: boolean): Promise<void> {
    for (const claim of this.#claimsOf(set, ordinal)) {
      const ownerReferences = planClaimOwners(set, claim, pod, isCondemned);
      if (!ownerReferences) continue;
      const { namespace, name, uid, resourceVersion } = claim.metadata;
      const metadata = { uid, resourceVersion, ownerReferences };
      await this.#services.client.mergePatch('persistentvolumeclaims', namespace, name, { metadata });
    }
  }

  #claimsOf(set: StatefulSet, ordinal: number): readonly PersistentVolumeClaim[] {
    return (set.spec.volumeClaimTemplates ?? []).flatMap((template) => {
      const key = objectKey(set.metadata.namespace, claimName(set, template, ordinal));
      return this.#claims.lister.get(key) ?? [];
    });
  }

  #record(set: StatefulSet, type: RecordedEvent['type'], reason: string, message: string): void {
    this.#services.events.record(set, { type, reason, message, component });
  }
}
