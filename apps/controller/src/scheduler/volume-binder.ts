import { ApiError, type PersistentVolumeClaim } from '@gantry/api-types';
import type { ApiClient, Clock, InformerSource, PodInfo } from '@gantry/core';
import type { VolumeDecision } from '@gantry/core/scheduler/pod-volumes';
import { isFullyBound } from '@gantry/core/scheduler/volume-state';
import { bindVolume } from '@gantry/core/volumes/binding';
import { annotations } from '@gantry/core/volumes/names';

export interface VolumeBinderOptions {
  readonly client: Pick<ApiClient, 'update' | 'mergePatch'>;
  readonly informers: InformerSource;
  readonly clock: Clock;
  /** How long a pod waits for its volumes before it is scheduled anew: 60 s by default. */
  readonly timeoutMs?: number;
}

/**
 * Carries out what the scheduler decided on a pod's claims: keeps volumes for them, or says on which node one shall be
 * made; then waits until the volume controller has bound them all.
 */
export class VolumeBinder {
  readonly #options: VolumeBinderOptions;
  readonly #waiting = new Set<(error: ApiError) => void>();
  #isStopped = false;

  constructor(options: VolumeBinderOptions) {
    this.#options = options;
  }

  /** Resolves when all claims of the pod are bound. Rejects where that fails, takes too long, or the binder is stopped. */
  async bind(pod: PodInfo, nodeName: string, { bindings, toProvision }: VolumeDecision): Promise<void> {
    const { client, informers } = this.#options;
    const claims = informers.informer('persistentvolumeclaims').lister;
    for (const { claim: reference, volume } of bindings) {
      const claim = claims.get(reference.key);
      const present = informers.informer('persistentvolumes').lister.get(volume.metadata.name);
      if (!claim || !present) throw new ApiError('Conflict', `volume ${volume.metadata.name} or its claim is gone`);
      const bound = bindVolume(present, claim);
      if (bound !== present) await client.update('persistentvolumes', bound);
    }
    for (const { key, name } of toProvision) {
      const claim = claims.get(key);
      if (claim?.metadata.annotations?.[annotations.selectedNode] === nodeName) continue;
      const patch = { metadata: { annotations: { [annotations.selectedNode]: nodeName } } };
      await client.mergePatch('persistentvolumeclaims', claim?.metadata.namespace, name, patch);
    }
    await this.#allBound(
      pod,
      toProvision.map(({ key }) => key),
      nodeName,
    );
  }

  /** Ends all waiting. */
  stop(): void {
    this.#isStopped = true;
    for (const reject of [...this.#waiting]) reject(new ApiError('Conflict', 'the scheduler is stopping'));
  }

  #allBound(pod: PodInfo, provisioned: readonly string[], nodeName: string): Promise<void> {
    const { informers, clock, timeoutMs = 60_000 } = this.#options;
    const claims = informers.informer('persistentvolumeclaims');
    const isBound = (claim: PersistentVolumeClaim | undefined) => claim !== undefined && isFullyBound(claim);
    return new Promise<void>((resolve, reject) => {
      const check = () => {
        if (pod.claims.every(({ key }) => isBound(claims.lister.get(key)))) return settle();
        const lost = pod.claims.find(({ key }) =>
          isRejected(claims.lister.get(key), provisioned.includes(key), nodeName),
        );
        if (lost)
          settle(new ApiError('Conflict', `persistentvolumeclaim "${lost.name}" gets no volume on ${nodeName}`));
      };
      const cancelTimer = clock.setTimer(
        () => settle(new ApiError('Timeout', `binding volumes of ${pod.key} timed out`)),
        timeoutMs,
      );
      const settle = (error?: ApiError) => {
        cancelTimer();
        this.#waiting.delete(settle);
        // Not from within the informer's own call.
        queueMicrotask(() => unsubscribe());
        if (error) reject(error);
        else resolve();
      };
      this.#waiting.add(settle);
      const unsubscribe = claims.onEvent(({ object }) => {
        if (pod.claims.some(({ name }) => name === object.metadata.name)) check();
      });
      if (this.#isStopped) settle(new ApiError('Conflict', 'the scheduler is stopping'));
      else check();
    });
  }
}

/** The claim is gone, or the node was taken back: it can get no volume there. */
function isRejected(claim: PersistentVolumeClaim | undefined, isProvisioned: boolean, nodeName: string): boolean {
  if (!claim || claim.metadata.deletionTimestamp !== undefined) return true;
  return isProvisioned && !isFullyBound(claim) && claim.metadata.annotations?.[annotations.selectedNode] !== nodeName;
}
