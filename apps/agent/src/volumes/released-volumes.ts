import { rm } from 'node:fs/promises';
import type { PersistentVolume, Pod } from '@gantry/api-types';
import type { Logger } from '@gantry/core';
import { isReclaimable } from '@gantry/core/volumes/local-volume';
import { claimKeyOf } from '@gantry/core/volumes/match-volume';
import { claimKeysOf } from '@gantry/core/volumes/pod-claims';
import type { NodeApi } from '../node-api.ts';
import { type ClaimNode, isOwnDirectory } from './claim-volumes.ts';

export interface ReleasedVolumesOptions {
  readonly api: Pick<NodeApi, 'hasSynced' | 'persistentVolumes' | 'persistentVolumeClaim' | 'reportVolumeDeleted'>;
  readonly node: ClaimNode;
  readonly logger: Logger;
  /** Pods of which anything is still set up. */
  readonly pods: () => Iterable<Pod>;
}

/**
 * Removes the directories of volumes that were released and whose reclaim policy says Delete, then tells the controller,
 * which lets the object go. Level-triggered: each round looks at all volumes that the controller names; a directory that
 * is gone already is only told of again.
 */
export class ReleasedVolumes {
  readonly #options: ReleasedVolumesOptions;
  #running: Promise<void> | undefined;
  #isDirty = false;
  #isStopped = false;

  constructor(options: ReleasedVolumesOptions) {
    this.#options = options;
  }

  /** Volumes, claims or pods changed. */
  changed(): void {
    if (this.#isStopped) return;
    this.#isDirty = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isDirty) this.changed();
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isDirty && !this.#isStopped) {
      this.#isDirty = false;
      for (const volume of this.#released()) await this.#remove(volume);
    }
  }

  #released(): PersistentVolume[] {
    const { api, node } = this.#options;
    if (!api.hasSynced) return [];
    return [...api.persistentVolumes()].filter(
      (volume) => isReclaimable(volume) && isOwnDirectory(volume, node) && !this.#isInUse(volume),
    );
  }

  /** A pod deleted by force may still be running. A claim of the same name that has another volume does not count. */
  #isInUse(volume: PersistentVolume): boolean {
    const { api, pods } = this.#options;
    const { namespace = '', name = '' } = volume.spec.claimRef ?? {};
    const present = api.persistentVolumeClaim(namespace, name);
    if (present?.spec.volumeName && present.spec.volumeName !== volume.metadata.name) return false;
    const key = claimKeyOf(volume);
    for (const pod of pods()) if (key !== undefined && claimKeysOf(pod).includes(key)) return true;
    return false;
  }

  async #remove(volume: PersistentVolume): Promise<void> {
    const { api, logger } = this.#options;
    const { name, uid } = volume.metadata;
    const path = volume.spec.local?.path ?? '';
    try {
      await rm(path, { recursive: true, force: true });
      logger.info({ volume: name, path }, 'removed the directory of a released volume');
      api.reportVolumeDeleted({ name, uid });
    } catch (error) {
      logger.error({ volume: name, path, err: error }, 'the directory of a released volume cannot be removed');
    }
  }
}
