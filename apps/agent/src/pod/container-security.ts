import type { Container, Pod } from '@gantry/api-types';
import type { ContainerSecurity } from '../runtime/container-runtime.ts';
import { ConfigProblem } from './config-problem.ts';
import { podFullName } from './text.ts';

/** The user part of a container's security settings, in the engine's form. */
export interface ContainerUser {
  readonly user?: string;
  readonly extraGroups: readonly string[];
}

/**
 * The user and groups to run as: the container's settings before the pod's before the image's.
 * Throws {@link ConfigProblem} where `runAsNonRoot` forbids it.
 */
export function containerUser(pod: Pod, container: Container, imageUser: string): ContainerUser {
  const inPod = pod.spec.securityContext ?? {};
  const own = container.securityContext ?? {};
  const uid = own.runAsUser ?? inPod.runAsUser;
  const gid = own.runAsGroup ?? inPod.runAsGroup;
  if (own.runAsNonRoot ?? inPod.runAsNonRoot) checkNonRoot(pod, container, uid, imageUser);
  const groups = [...(inPod.supplementalGroups ?? []), ...(inPod.fsGroup === undefined ? [] : [inPod.fsGroup])];
  return {
    ...userOf(uid, gid, imageUser),
    extraGroups: [...new Set(groups)].map(String),
  };
}

function userOf(uid: number | undefined, gid: number | undefined, imageUser: string): { user?: string } {
  if (uid === undefined && gid === undefined) return {};
  const name = uid === undefined ? imageUser.split(':')[0] || '0' : String(uid);
  return { user: gid === undefined ? name : `${name}:${gid}` };
}

function checkNonRoot(pod: Pod, container: Container, uid: number | undefined, imageUser: string): void {
  const where = `(pod: "${podFullName(pod)}", container: ${container.name})`;
  if (uid === 0) throw new ConfigProblem(`container's runAsUser breaks non-root policy ${where}`);
  if (uid !== undefined) return;
  const [name = ''] = imageUser.split(':');
  if (name === '' || name === '0') {
    throw new ConfigProblem(`container has runAsNonRoot and image will run as root ${where}`);
  }
  if (!/^\d+$/.test(name)) {
    throw new ConfigProblem(
      `container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root ${where}`,
    );
  }
}

/** Capabilities, privileges and profiles of a container, in the engine's form. Pure. */
export function containerSecurity(
  pod: Pod,
  container: Container,
  seccompProfile: string | undefined,
): ContainerSecurity {
  const own = container.securityContext ?? {};
  const inPod = pod.spec.securityContext ?? {};
  const seccomp = own.seccompProfile ?? inPod.seccompProfile;
  const appArmor = own.appArmorProfile ?? inPod.appArmorProfile;
  const seLinux = own.seLinuxOptions ?? inPod.seLinuxOptions;
  return {
    privileged: own.privileged ?? false,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem ?? false,
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    addedCapabilities: own.capabilities?.add ?? [],
    droppedCapabilities: own.capabilities?.drop ?? [],
    options: [
      ...(seccomp?.type === 'Unconfined' ? ['seccomp=unconfined'] : []),
      ...(seccompProfile === undefined ? [] : [`seccomp=${seccompProfile}`]),
      ...(appArmor?.type === 'Unconfined' ? ['apparmor=unconfined'] : []),
      ...(appArmor?.type === 'Localhost' ? [`apparmor=${appArmor.localhostProfile}`] : []),
      ...Object.entries(seLinux ?? {}).map(([name, value]) => `label=${name}:${value}`),
    ],
    unmaskedPaths: own.procMount === 'Unmasked',
  };
}
