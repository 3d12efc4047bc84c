import {
  isApiError,
  keyOf,
  type ObjectKey,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
} from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import { bindClaim, bindVolume, boundClaimStatus } from '@gantry/core/volumes/binding';
import { claimKeyOf } from '@gantry/core/volumes/match-volume';
import { annotations, finalizers } from '@gantry/core/volumes/names';
import { type ClaimStep, planClaim, type StorageEvent } from '@gantry/core/volumes/plan-claim';
import { ClaimUsers } from './claim-users.ts';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';

const component = 'persistentvolume-controller';

/**
 * Binds claims to volumes and makes volumes for them, and lets deleted claims go when no pod uses them any more. The
 * scheduler decides where volumes of classes that wait for the first pod are made.
 */
export class PersistentVolumeClaimController implements ControllerDefinition {
  readonly name = 'persistentvolumeclaim-controller';
  readonly workers = 8;
  readonly #services: ControllerServices;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #users = new ClaimUsers();

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#claims = services.informers.informer('persistentvolumeclaims');
    this.#volumes = services.informers.informer('persistentvolumes');
    this.#classes = services.informers.informer('storageclasses.storage.k8s.io');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    const addUnbound = () => {
      for (const claim of this.#claims.lister.list()) if (claim.status.phase !== 'Bound') queue.add(keyOf(claim));
    };
    return [
      this.#services.informers.informer('pods').onEvent((event) => {
        const concerned = this.#users.observe(event);
        if (event.type === 'deleted') for (const key of concerned) queue.add(key);
      }),
      this.#claims.onEvent(({ object }) => queue.add(keyOf(object))),
      this.#volumes.onEvent(({ type, object }) => {
        const claim = claimKeyOf(object);
        if (claim !== undefined) queue.add(claim);
        // A volume that anybody may have.
        else if (type !== 'deleted') addUnbound();
      }),
      this.#classes.onEvent(addUnbound),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const claim = this.#claims.lister.get(key);
    if (!claim) return undefined;
    if (claim.metadata.deletionTimestamp !== undefined) {
      await this.#letGo(key, claim);
      return undefined;
    }
    const { informers } = this.#services;
    const step = planClaim(claim, {
      classes: this.#classes.lister.list(),
      volumes: this.#candidatesFor(claim),
      nodes: informers.informer('nodes').lister.list(),
    });
    await this.#apply(claim, step);
    return undefined;
  }

  /** A claim that names its volume is about that one alone. */
  #candidatesFor({ spec }: PersistentVolumeClaim): readonly PersistentVolume[] {
    if (!spec.volumeName) return this.#volumes.lister.list();
    const named = this.#volumes.lister.get(spec.volumeName);
    return named ? [named] : [];
  }

  async #apply(claim: PersistentVolumeClaim, step: ClaimStep): Promise<void> {
    const { client } = this.#services;
    switch (step.type) {
      case 'bind':
        return this.#bind(claim, step.volume);
      case 'create':
        await client.create('persistentvolumes', step.volume).catch((error: unknown) => {
          // Made by an earlier pass: the claim is looked at again when the volume is seen.
          if (!isApiError(error, 'AlreadyExists')) throw error;
        });
        return this.#record(claim, step.event);
      case 'assignClass':
        await client.update('persistentvolumeclaims', {
          ...claim,
          spec: { ...claim.spec, storageClassName: step.storageClassName },
        });
        return;
      case 'rejectNode': {
        this.#record(claim, step.event);
        const { namespace, name } = claim.metadata;
        const patch = { metadata: { annotations: { [annotations.selectedNode]: null } } };
        await client.mergePatch('persistentvolumeclaims', namespace, name, patch);
        return;
      }
      case 'lose':
        if (claim.status.phase === 'Lost') return;
        await client.updateStatus('persistentvolumeclaims', { ...claim, status: { ...claim.status, phase: 'Lost' } });
        return this.#record(claim, step.event);
      case 'wait':
        return this.#wait(claim, step.event);
    }
  }

  /** Both objects and both statuses, in the order in which Kubernetes writes them: each may be the last one written. */
  async #bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    const { client } = this.#services;
    let bound = bindVolume(volume, claim);
    if (bound !== volume) bound = await client.update('persistentvolumes', bound);
    if (bound.status?.phase !== 'Bound') {
      bound = await client.updateStatus('persistentvolumes', { ...bound, status: { phase: 'Bound' } });
    }
    let owner = bindClaim(claim, bound);
    if (owner !== claim) owner = await client.update('persistentvolumeclaims', owner);
    const status = boundClaimStatus(owner, bound);
    if (status !== owner.status) await client.updateStatus('persistentvolumeclaims', { ...owner, status });
  }

  async #wait(claim: PersistentVolumeClaim, event: StorageEvent | undefined): Promise<void> {
    if (event) this.#record(claim, event);
    if (claim.status.phase !== undefined) return;
    await this.#services.client.updateStatus('persistentvolumeclaims', {
      ...claim,
      status: { ...claim.status, phase: 'Pending' },
    });
  }

  async #letGo(key: ObjectKey, claim: PersistentVolumeClaim): Promise<void> {
    const present = claim.metadata.finalizers ?? [];
    if (!present.includes(finalizers.claimProtection) || this.#users.isUsed(key)) return;
    const left = present.filter((name) => name !== finalizers.claimProtection);
    await this.#services.client.update('persistentvolumeclaims', {
      ...claim,
      metadata: { ...claim.metadata, finalizers: left },
    });
  }

  #record(claim: PersistentVolumeClaim, event: StorageEvent): void {
    this.#services.events.record(claim, { ...event, component });
  }
}
