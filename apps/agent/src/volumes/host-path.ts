import type { Stats } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HostPathVolumeSource } from '@gantry/api-types';

/** Checks, and where the type says so creates, what a hostPath volume names. Throws with Kubernetes' text. */
export async function prepareHostPath(source: HostPathVolumeSource): Promise<string> {
  const { path, type = '' } = source;
  const found = await stat(path).catch(() => undefined);
  if (!found && (type === '' || type === 'DirectoryOrCreate')) {
    await mkdir(path, { recursive: true, mode: 0o755 });
    return path;
  }
  if (!found && type === 'FileOrCreate') {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await writeFile(path, '', { flag: 'a', mode: 0o644 });
    return path;
  }
  const expected = checks[type];
  if (expected && !(found && expected.isIt(found))) {
    throw new Error(`hostPath type check failed: ${path} is not ${expected.name}`);
  }
  return path;
}

const directory = { name: 'a directory', isIt: (stats: Stats) => stats.isDirectory() };
const file = { name: 'a file', isIt: (stats: Stats) => stats.isFile() };

const checks: Readonly<Record<string, { name: string; isIt: (stats: Stats) => boolean }>> = {
  DirectoryOrCreate: directory,
  Directory: directory,
  FileOrCreate: file,
  File: file,
  Socket: { name: 'a socket file', isIt: (stats) => stats.isSocket() },
  CharDevice: { name: 'a character device', isIt: (stats) => stats.isCharacterDevice() },
  BlockDevice: { name: 'a block device', isIt: (stats) => stats.isBlockDevice() },
};
