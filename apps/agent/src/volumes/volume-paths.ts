import { join } from 'node:path';
import type { Volume } from '@gantry/api-types';

/** Where the volumes and files of pods are below the node's data directory. Pure. */
export interface VolumePaths {
  podDirectory(podUid: string): string;
  /** The tmpfs for what must not reach a disk. */
  readonly memory: string;
  /** Of the volumes that the agent makes for a pod: not of hostPath volumes and claims. */
  ownVolume(podUid: string, volume: Volume): string;
  terminationFile(podUid: string, container: string, attempt: number): string;
  readonly pods: string;
}

/** The layout under an absolute data directory. */
export function volumePaths(dataDir: string): VolumePaths {
  const pods = join(dataDir, 'pods');
  const memory = join(dataDir, 'memory');
  return {
    pods,
    memory,
    podDirectory: (podUid) => join(pods, podUid),
    ownVolume: (podUid, volume) =>
      keepsInMemory(volume) ? join(memory, podUid, volume.name) : join(pods, podUid, 'volumes', volume.name),
    terminationFile: (podUid, container, attempt) => join(pods, podUid, 'containers', container, String(attempt)),
  };
}

/** Secrets and tokens never reach a disk. */
export function keepsInMemory(volume: Volume): boolean {
  if (volume.secret) return true;
  return (volume.projected?.sources ?? []).some((source) => source.secret ?? source.serviceAccountToken);
}
