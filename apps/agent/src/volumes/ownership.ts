import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, Pod } from '@gantry/api-types';

/** What the group may do with the files of a volume: those that the node itself writes it can only read. */
export type GroupAccess = 'read' | 'write';

/** Gives a volume and all in it to the pod's fsGroup, as Kubernetes does; directories pass the group on. */
export async function applyGroup(path: string, gid: number, access: GroupAccess): Promise<void> {
  const stats = await lstat(path);
  await lchown(path, stats.uid, gid);
  if (stats.isSymbolicLink()) return;
  await chmod(path, (stats.mode & 0o7777) | (stats.isDirectory() ? directoryBits : fileBits[access]));
  if (!stats.isDirectory()) return;
  for (const name of await readdir(path)) await applyGroup(join(path, name), gid, access);
}

/** Gives one directory to the group, and nothing in it. */
export async function applyGroupToRoot(path: string, gid: number): Promise<void> {
  const stats = await lstat(path);
  await lchown(path, stats.uid, gid);
  await chmod(path, (stats.mode & 0o7777) | directoryBits);
}

/** Whether the top of a volume has the group already: `fsGroupChangePolicy: OnRootMismatch` leaves such a volume alone. */
export async function hasGroup(path: string, gid: number): Promise<boolean> {
  const stats = await lstat(path);
  return stats.gid === gid && (stats.mode & directoryBits) === directoryBits;
}

const directoryBits = 0o2770;
const fileBits: Readonly<Record<GroupAccess, number>> = { read: 0o440, write: 0o660 };

/** The user that all containers of the pod run as, where the pod names one and the same for all of them. Pure. */
export function commonUser(pod: Pod): number | undefined {
  const containers: readonly Container[] = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const users = new Set(
    containers.map(({ securityContext }) => securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser),
  );
  const [user] = users;
  return users.size === 1 ? user : undefined;
}
