import { statfs } from 'node:fs/promises';
import type { DiskSpace } from '@gantry/core/images/image-garbage';

/** Space on the disk that holds the directory; undefined where it cannot be seen from here: the engine is elsewhere. */
export async function readDiskSpace(directory: string): Promise<DiskSpace | undefined> {
  if (/^(tcp|ssh|https?):/.test(process.env.DOCKER_HOST ?? '')) return undefined;
  try {
    const { blocks, bavail, bsize } = await statfs(directory);
    return { capacityBytes: blocks * bsize, availableBytes: bavail * bsize };
  } catch {
    // In a container of its own, or without the right to look.
    return undefined;
  }
}
