import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineInfo } from '../runtime/container-runtime.ts';

/** Where the engine puts containers in the host's cgroup file system. */
export interface CgroupLayout {
  readonly version: 1 | 2;
  readonly driver: string;
  /** The mount point, `/sys/fs/cgroup`. */
  readonly root: string;
}

/** The layout that the engine's info describes. */
export function cgroupLayout(info: EngineInfo, root = '/sys/fs/cgroup'): CgroupLayout {
  return { version: info.cgroupVersion, driver: info.cgroupDriver, root };
}

/** The directory of a cgroup path in one v1 controller's hierarchy, or in the single one of v2. */
export function cgroupDirectory(layout: CgroupLayout, controller: string, path: string): string {
  return layout.version === 1 ? join(layout.root, controller, path) : join(layout.root, path);
}

/** The cgroup path of a container, below its parent where it has one. */
export function containerCgroup(layout: CgroupLayout, id: string, parent: string | undefined): string {
  if (layout.driver === 'systemd') return `/${parent ?? 'system.slice'}/docker-${id}.scope`;
  return `${parent ?? '/docker'}/${id}`;
}

/** Whether a path exists. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
