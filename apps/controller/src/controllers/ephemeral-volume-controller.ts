import {
  isApiError,
  keyOf,
  type NewObject,
  type ObjectKey,
  type PersistentVolumeClaim,
  type Pod,
  type Volume,
} from '@gantry/api-types';
import { claimNameOf, isClaimOfPod } from '@gantry/core/volumes/pod-claims';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';

/** Makes the claims of `ephemeral` volumes; they belong to their pod and are collected with it. */
export class EphemeralVolumeController implements ControllerDefinition {
  readonly name = 'ephemeral-volume-controller';
  readonly workers = 4;
  readonly #services: ControllerServices;

  constructor(services: ControllerServices) {
    this.#services = services;
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#services.informers.informer('pods').onEvent(({ type, object }) => {
        if (type === 'added' && object.spec.volumes?.some(({ ephemeral }) => ephemeral)) queue.add(keyOf(object));
      }),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const pod = this.#services.informers.informer('pods').lister.get(key);
    if (!pod || pod.metadata.deletionTimestamp !== undefined) return undefined;
    for (const volume of pod.spec.volumes ?? []) {
      const claim = claimFor(pod, volume);
      if (claim) await this.#ensure(pod, claim);
    }
    return undefined;
  }

  async #ensure(pod: Pod, claim: NewObject<PersistentVolumeClaim>): Promise<void> {
    const { client, events } = this.#services;
    try {
      await client.create('persistentvolumeclaims', claim);
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
      const { name = '' } = claim.metadata;
      const present = await client.get('persistentvolumeclaims', pod.metadata.namespace, name);
      if (isClaimOfPod(present, pod.metadata.uid)) return;
      const message = `PVC ${pod.metadata.namespace}/${name} was not created for pod ${keyOf(pod)} (pod is not owner)`;
      events.record(pod, { type: 'Warning', reason: 'FailedClaim', message, component: this.name });
    }
  }
}

function claimFor(pod: Pod, volume: Volume): NewObject<PersistentVolumeClaim> | undefined {
  const template = volume.ephemeral?.volumeClaimTemplate;
  const name = claimNameOf(pod.metadata.name, volume);
  if (!template || name === undefined) return undefined;
  const { namespace, name: podName, uid } = pod.metadata;
  const { labels, annotations } = template.metadata ?? {};
  const owner = { apiVersion: 'v1', kind: 'Pod', name: podName, uid, controller: true, blockOwnerDeletion: true };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ownerReferences: [owner],
    },
    spec: template.spec,
  };
}
