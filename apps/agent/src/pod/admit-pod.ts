import type { Pod } from '@gantry/api-types';
import { pressureRefusal } from '@gantry/core/eviction/admit-under-pressure';
import type { PressureCondition } from '@gantry/core/eviction/signals';
import { qosClassOf } from '@gantry/core/pod/qos-class';
import { containersOf } from './pod-containers.ts';

export interface AdmissionFacts {
  /** What the engine enforces: `seccomp`, `apparmor`, `selinux`, … */
  readonly securityOptions: readonly string[];
  /** Sysctls that the operator allows beside the safe ones; a trailing `*` stands for anything. */
  readonly allowedUnsafeSysctls: readonly string[];
  /** Of the huge pages that pods of this node can be held to. */
  readonly hugePageSizes: readonly number[];
  /** What the node is short of now. */
  readonly pressures: readonly PressureCondition[];
}

/** Sysctls that belong to the pod's own namespaces and cannot hurt others: Kubernetes' list. */
const safeSysctls: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

const ipcSysctl = /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/;

/** Why this node does not run the pod at all; undefined where it does. Pure. */
export function refusalOf(pod: Pod, facts: AdmissionFacts): { reason: string; message: string } | undefined {
  const pressure = pressureRefusal(pod, facts.pressures, qosClassOf(pod) === 'BestEffort');
  if (pressure !== undefined) return { reason: 'Evicted', message: pressure };
  const sysctl = sysctlRefusal(pod, facts.allowedUnsafeSysctls);
  if (sysctl !== undefined) return { reason: 'SysctlForbidden', message: sysctl };
  if (!facts.securityOptions.includes('apparmor') && wantsAppArmor(pod)) {
    const message = 'Cannot enforce AppArmor: AppArmor is not enabled on the host';
    return { reason: 'AppArmor', message };
  }
  if (!facts.securityOptions.includes('seccomp') && wantsSeccomp(pod)) {
    const message = 'Cannot enforce seccomp: the container engine of this node runs without it';
    return { reason: 'Seccomp', message };
  }
  return undefined;
}

function sysctlRefusal(pod: Pod, allowed: readonly string[]): string | undefined {
  const { hostNetwork, hostIPC, securityContext } = pod.spec;
  for (const sysctl of securityContext?.sysctls ?? []) {
    // Both spellings are in use.
    const name = sysctl.name.replaceAll('/', '.');
    if (hostNetwork && name.startsWith('net.')) return `forbidden sysctl: "${name}" not allowed with host net enabled`;
    if (hostIPC && ipcSysctl.test(name)) return `forbidden sysctl: "${name}" not allowed with host ipc enabled`;
    if (!safeSysctls.has(name) && !allowed.some((pattern) => matches(pattern, name))) {
      return `forbidden sysctl: "${name}" not allowlisted`;
    }
  }
  return undefined;
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** An explicit profile other than Unconfined; the engine's default needs no support to be asked for by nobody. */
function wantsAppArmor(pod: Pod): boolean {
  return profilesOf(pod, 'appArmorProfile').some((type) => type !== 'Unconfined');
}

function wantsSeccomp(pod: Pod): boolean {
  return profilesOf(pod, 'seccompProfile').some((type) => type !== 'Unconfined');
}

function profilesOf(pod: Pod, field: 'appArmorProfile' | 'seccompProfile'): string[] {
  const own = containersOf(pod).map(({ container }) => container.securityContext?.[field]?.type);
  return [pod.spec.securityContext?.[field]?.type, ...own].filter((type) => type !== undefined);
}
