import { isApiError, type PersistentVolume, type PersistentVolumeClaim } from '@gantry/api-types';
import { transferPaths } from '@gantry/api-types/protocol';
import { type AnyObject, isBackedUp, restoreOrder, toBackup } from '@gantry/core/backup/backup-objects';
import { isProvisionedLocally } from '@gantry/core/volumes/local-volume';
import type { ApiConnection } from '../api/api-connection.ts';
import { Discovery, resourcePath } from '../api/discovery.ts';
import { connect } from '../api/kubeconfig.ts';
import { BackupWriter } from '../backup/backup-file.ts';
import { mebibytes } from '../images/send-image.ts';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';
import { gantryVersion } from '../version.ts';

export interface BackupOptions {
  readonly dataDir: string;
  readonly file: string;
  /** All where empty; else objects of these only, and none without a namespace but the namespaces themselves. */
  readonly namespaces: readonly string[];
  readonly withVolumes: boolean;
}

/** Volumes may be large, and their disks slow. */
const volumeTimeoutMs = 10 * 60_000;

/** `gantry backup`: what users wrote of all kinds, and the files of their claims, in one file. */
export async function backup(terminal: Terminal, options: BackupOptions): Promise<void> {
  const api = await connect(options.dataDir);
  const writer = new BackupWriter(options.file);
  try {
    const objects = await collectObjects(api, options.namespaces);
    const createdAt = new Date().toISOString();
    await writer.addJson('backup.json', { format: 'gantry-backup', version: 1, createdAt, gantry: gantryVersion });
    await writer.addJson('objects.json', objects);
    const volumes = options.withVolumes ? await backUpVolumes(api, terminal, writer, objects) : 0;
    await writer.finish();
    terminal.line(`${options.file}: ${objects.length} objects, ${volumes} volumes`);
  } catch (error) {
    await writer.abandon();
    throw error;
  } finally {
    api.close();
  }
}

async function collectObjects(api: ApiConnection, namespaces: readonly string[]): Promise<AnyObject[]> {
  const isWanted = ({ kind, metadata }: AnyObject) => {
    if (namespaces.length === 0) return true;
    return namespaces.includes(kind === 'Namespace' ? metadata.name : (metadata.namespace ?? ''));
  };
  const found: AnyObject[] = [];
  for (const resource of await new Discovery(api).all()) {
    if (!isBackedUp(resource.name, resource.verbs ?? ['list', 'create'])) continue;
    const { items } = await api.json<{ items: AnyObject[] }>({ path: resourcePath(resource, undefined) });
    // Items of a list carry neither.
    const whole = items.map((item) => ({ ...item, apiVersion: resource.groupVersion, kind: resource.kind }));
    found.push(...whole.filter(isWanted).flatMap((object) => toBackup(object) ?? []));
  }
  const unknown = namespaces.filter(
    (name) => !found.some(({ kind, metadata }) => kind === 'Namespace' && metadata.name === name),
  );
  if (unknown.length > 0) throw new UserError(`there is no namespace ${unknown.join(', ')}`);
  return restoreOrder(found);
}

async function backUpVolumes(
  api: ApiConnection,
  terminal: Terminal,
  writer: BackupWriter,
  objects: readonly AnyObject[],
): Promise<number> {
  const claims = await api.json<{ items: PersistentVolumeClaim[] }>({ path: '/api/v1/persistentvolumeclaims' });
  const { items: volumes } = await api.json<{ items: PersistentVolume[] }>({ path: '/api/v1/persistentvolumes' });
  const uids = new Set(objects.map(({ metadata }) => metadata.uid));
  let count = 0;
  for (const { metadata, spec } of claims.items) {
    if (!uids.has(metadata.uid) || !spec.volumeName) continue;
    const volume = volumes.find((candidate) => candidate.metadata.name === spec.volumeName);
    const claim = `${metadata.namespace}/${metadata.name}`;
    if (!volume || !isProvisionedLocally(volume)) {
      terminal.warn(`${claim}: the files of volume ${spec.volumeName} are not backed up, because no node made it`);
      continue;
    }
    try {
      const path = transferPaths.volumeData(spec.volumeName);
      const archive = await api.open({ path, accept: '*/*', timeoutMs: volumeTimeoutMs });
      const bytes = await writer.addVolume(metadata.namespace ?? '', metadata.name, archive);
      terminal.line(`${claim}: ${mebibytes(bytes)}`);
      count += 1;
    } catch (error) {
      // Bound, but no pod has mounted it yet.
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }
  return count;
}
