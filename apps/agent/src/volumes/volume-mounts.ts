import type { Container, Pod, Volume, VolumeMount } from '@gantry/api-types';
import { expandVariables } from '../pod/expand-variables.ts';
import type { ContainerMount, EngineInfo } from '../runtime/container-runtime.ts';
import { MountProblem } from './mount-problem.ts';
import { resolveSubPath } from './sub-path.ts';
import { isPayloadVolume } from './volume-payload.ts';

export interface MountContext {
  readonly pod: Pod;
  readonly container: Container;
  readonly variables: ReadonlyMap<string, string>;
  /** Whether the engine can make mounts read-only all the way down. */
  readonly canMountRecursivelyReadOnly: boolean;
  /** The directory (or file) behind a volume. */
  pathOf(volume: Volume): string;
}

const propagations = { None: 'rprivate', HostToContainer: 'rslave', Bidirectional: 'rshared' } as const;

/** The engine's mounts for the container's `volumeMounts`. Throws {@link MountProblem}. */
export async function containerMounts(context: MountContext): Promise<ContainerMount[]> {
  const mounts: ContainerMount[] = [];
  for (const mount of context.container.volumeMounts ?? []) mounts.push(await mountOf(context, mount));
  return mounts;
}

async function mountOf(context: MountContext, mount: VolumeMount): Promise<ContainerMount> {
  const volume = context.pod.spec.volumes?.find(({ name }) => name === mount.name);
  if (!volume) throw new MountProblem(`volume "${mount.name}" is not in the pod's spec`);
  const isPayload = isPayloadVolume(volume);
  const subPath = mount.subPath || (mount.subPathExpr ? expandVariables(mount.subPathExpr, context.variables) : '');
  const root = context.pathOf(volume);
  const propagation = propagationOf(mount);
  return {
    source: subPath ? await resolveSubPath(root, subPath, !isPayload) : root,
    target: mount.mountPath,
    // What the agent writes itself is read-only inside, as in Kubernetes.
    readOnly: (mount.readOnly ?? false) || isPayload || (volume.persistentVolumeClaim?.readOnly ?? false),
    ...(propagation === 'rprivate' ? {} : { propagation }),
    ...(isRecursivelyReadOnly(context, mount) ? { isRecursivelyReadOnly: true } : {}),
  };
}

function propagationOf({ mountPropagation = 'None' }: VolumeMount): NonNullable<ContainerMount['propagation']> {
  if (mountPropagation === 'HostToContainer' || mountPropagation === 'Bidirectional') {
    return propagations[mountPropagation];
  }
  return propagations.None;
}

function isRecursivelyReadOnly(context: MountContext, { name, recursiveReadOnly }: VolumeMount): boolean {
  const can = context.canMountRecursivelyReadOnly;
  if (recursiveReadOnly !== 'Enabled') return recursiveReadOnly === 'IfPossible' && can;
  if (can) return true;
  throw new MountProblem(
    `recursiveReadOnly: Enabled of volume mount "${name}" needs Docker Engine 25 or newer: set it to IfPossible`,
  );
}

/** From API 1.44, Docker Engine 25, on. */
export function canMountRecursivelyReadOnly({ apiVersion }: EngineInfo): boolean {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 44);
}
