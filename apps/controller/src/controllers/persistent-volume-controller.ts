import type { Node, ObjectKey, PersistentVolume, PersistentVolumeClaim } from '@gantry/api-types';
import { keyOf } from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import { hostnameOf } from '@gantry/core/volumes/local-volume';
import { claimKeyOf } from '@gantry/core/volumes/match-volume';
import { annotations, hostnameLabel } from '@gantry/core/volumes/names';
import { planVolume, type VolumePlan } from '@gantry/core/volumes/plan-volume';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';

/**
 * Says what became of volumes: free, bound, or released when their claim is gone. Directories of released volumes are
 * removed by their nodes, see the agent sessions; this controller only lets the objects go that nobody will come for.
 */
export class PersistentVolumeController implements ControllerDefinition {
  readonly name = 'persistentvolume-controller';
  readonly workers = 4;
  readonly #services: ControllerServices;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #nodes: Informer<Node>;
  readonly #namesByClaim = new Map<ObjectKey, Set<string>>();

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#volumes = services.informers.informer('persistentvolumes');
    this.#claims = services.informers.informer('persistentvolumeclaims');
    this.#nodes = services.informers.informer('nodes');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#volumes.onEvent(({ type, object, previous }) => {
        if (previous) this.#index(previous, false);
        this.#index(object, type !== 'deleted');
        queue.add(object.metadata.name);
      }),
      this.#claims.onEvent(({ object }) => {
        for (const name of this.#namesByClaim.get(keyOf(object)) ?? []) queue.add(name);
      }),
      this.#nodes.onEvent(({ type, object }) => {
        if (type === 'modified') return;
        for (const volume of this.#volumes.lister.list()) {
          if (hostnameOf(volume) === object.metadata.labels?.[hostnameLabel]) queue.add(volume.metadata.name);
        }
      }),
    ];
  }

  async reconcile(name: string): Promise<ReconcileResult | undefined> {
    const volume = this.#volumes.lister.get(name);
    if (!volume) return undefined;
    const claimKey = claimKeyOf(volume);
    const plan = planVolume(volume, {
      claim: claimKey === undefined ? undefined : this.#claims.lister.get(claimKey),
      hasNode: (hostname) =>
        this.#nodes.lister.list().some(({ metadata }) => metadata.labels?.[hostnameLabel] === hostname),
    });
    await this.#apply(volume, plan);
    return undefined;
  }

  async #apply(volume: PersistentVolume, plan: VolumePlan): Promise<void> {
    const { client, events } = this.#services;
    let present = volume;
    if (plan.unbind) present = await client.update('persistentvolumes', unbound(present));
    const { phase, message } = present.status ?? {};
    if (phase !== plan.phase || message !== plan.message) {
      const status = { phase: plan.phase, ...(plan.message === undefined ? {} : { message: plan.message }) };
      present = await client.updateStatus('persistentvolumes', { ...present, status });
      if (plan.event) events.record(present, { ...plan.event, component: this.name });
    }
    if (plan.finished.length === 0) return;
    const left = (present.metadata.finalizers ?? []).filter((name) => !plan.finished.includes(name));
    await client.update('persistentvolumes', { ...present, metadata: { ...present.metadata, finalizers: left } });
  }

  #index(volume: PersistentVolume, isPresent: boolean): void {
    const claim = claimKeyOf(volume);
    if (claim === undefined) return;
    const names = this.#namesByClaim.get(claim) ?? new Set<string>();
    if (isPresent) names.add(volume.metadata.name);
    else names.delete(volume.metadata.name);
    if (names.size > 0) this.#namesByClaim.set(claim, names);
    else this.#namesByClaim.delete(claim);
  }
}

/** The volume without its claim and without the mark of who bound it. */
function unbound(volume: PersistentVolume): PersistentVolume {
  const { claimRef: _, ...spec } = volume.spec;
  const { [annotations.boundByController]: __, ...others } = volume.metadata.annotations ?? {};
  return { ...volume, metadata: { ...volume.metadata, annotations: others }, spec };
}
