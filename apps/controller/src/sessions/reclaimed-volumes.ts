import { isApiError } from '@gantry/api-types';
import type { VolumeReference } from '@gantry/api-types/protocol';
import type { ApiClient, InformerSource } from '@gantry/core';
import { hostnameOf, isReclaimable } from '@gantry/core/volumes/local-volume';
import { finalizers } from '@gantry/core/volumes/names';

const maxAttempts = 5;

/**
 * A node has removed the directory of a released volume: the object goes. Does nothing where the volume is not that
 * node's to remove. Rejects with `ApiError`; the node tells again after its next connection.
 */
export async function removeReclaimedVolume(
  { client, informers }: { readonly client: ApiClient; readonly informers: InformerSource },
  nodeName: string,
  { name, uid }: VolumeReference,
): Promise<void> {
  const volume = informers.informer('persistentvolumes').lister.get(name);
  if (volume?.metadata.uid !== uid || hostnameOf(volume) !== nodeName || !isReclaimable(volume)) return;
  if (volume.metadata.deletionTimestamp === undefined) {
    await client.delete('persistentvolumes', undefined, name, { preconditions: { uid } });
  }
  await finishDirectory(client, name, uid);
}

/** The volume controller takes its own finalizer away at the same time: who comes second reads again. */
async function finishDirectory(client: ApiClient, name: string, uid: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const present = await client.get('persistentvolumes', undefined, name);
    const left = (present.metadata.finalizers ?? []).filter((finalizer) => finalizer !== finalizers.directory);
    if (present.metadata.uid !== uid || left.length === present.metadata.finalizers?.length) return;
    try {
      await client.update('persistentvolumes', { ...present, metadata: { ...present.metadata, finalizers: left } });
      return;
    } catch (error) {
      if (attempt >= maxAttempts || !isApiError(error, 'Conflict')) throw error;
    }
  }
}
