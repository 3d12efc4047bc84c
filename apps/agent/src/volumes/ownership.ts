import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Gives a volume to the pod's fsGroup, as Kubernetes does: group read and write, directories pass the group on. */
export async function applyGroup(path: string, gid: number): Promise<void> {
  const stats = await lstat(path);
  await lchown(path, stats.uid, gid);
  if (stats.isSymbolicLink()) return;
  const bits = stats.isDirectory() ? 0o2770 : 0o440;
  await chmod(path, (stats.mode & 0o7777) | bits);
  if (!stats.isDirectory()) return;
  for (const name of await readdir(path)) await applyGroup(join(path, name), gid);
}
