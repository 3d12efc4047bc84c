import { join } from 'node:path';
import type { Container, DeclaredValue, KernelFact, Pod } from '@gantry/api-types';
import { type Proc, readProcFile } from './proc.ts';

/** By their bit (linux/capability.h). */
const capabilities: readonly string[] = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ');

/** The names of the capabilities of a mask in hexadecimal digits. Pure. */
export function capabilityNames(mask: string): readonly string[] {
  const bits = /^[0-9a-f]+$/i.test(mask) ? BigInt(`0x${mask}`) : 0n;
  const known = capabilities.filter((_, bit) => (bits >> BigInt(bit)) & 1n);
  const unknown = bits >> BigInt(capabilities.length);
  return unknown === 0n ? known : [...known, `and bits above ${capabilities.length - 1}`];
}

const seccompModes: Readonly<Record<string, string>> = { '0': 'off', '1': 'strict', '2': 'filtered by a profile' };

/** Who a container's process is and what it may do, as the kernel has it. Rejects where the process is gone. */
export async function readSecurity(proc: Proc, pid: number, pod: Pod, container: Container | undefined) {
  const path = join(proc.root, String(pid));
  const status = await readProcFile(proc, pid, 'status');
  const label = await readProcFile(proc, pid, 'attr/current').catch(() => '');
  return securityFacts({ path, status, label: label.replaceAll('\0', '').trim() }, pod, container);
}

/** What the files say, and the YAML's word on it. `container` is undefined for one that is in no spec. Pure. */
export function securityFacts(
  { path, status, label }: { readonly path: string; readonly status: string; readonly label: string },
  pod: Pod,
  container: Container | undefined,
): readonly KernelFact[] {
  const declared = declaredSecurity(pod, container);
  const facts = Object.entries(meanings).flatMap(([name, meaningOf]): KernelFact[] => {
    const text = new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim();
    if (text === undefined) return [];
    const said = declared[name]?.(text);
    const fact = { path: `${path}/status`, name, text, meaning: meaningOf(text) };
    return [said ? { ...fact, declared: said } : fact];
  });
  return label === ''
    ? facts
    : [...facts, { path: `${path}/attr/current`, name: 'security module label', text: label }];
}

const ids = (text: string) => {
  const [real, effective] = text.split(/\s+/);
  return real === effective ? `${real === '0' ? 'root' : real}` : `${real}, in effect ${effective}`;
};
const names = (text: string) => capabilityNames(text).join(', ') || 'none';

const meanings: Readonly<Record<string, (text: string) => string>> = {
  Uid: ids,
  Gid: ids,
  Groups: (text) => text.trim() || 'none',
  CapEff: names,
  CapBnd: names,
  CapAmb: names,
  NoNewPrivs: (text) =>
    text === '1' ? 'no program can give it more rights' : 'a setuid program can give it more rights',
  Seccomp: (text) => seccompModes[text] ?? text,
};

type Judge = (text: string) => DeclaredValue;

function declaredSecurity(pod: Pod, container: Container | undefined): Readonly<Record<string, Judge | undefined>> {
  if (!container) return {};
  const own = container.securityContext ?? {};
  const inPod = pod.spec.securityContext ?? {};
  const isPrivileged = own.privileged === true;
  const { allowPrivilegeEscalation: mayEscalate, capabilities: change } = own;
  const seccomp = (own.seccompProfile ?? inPod.seccompProfile)?.type;
  return {
    Uid: first('runAsUser', own.runAsUser ?? inPod.runAsUser),
    Gid: first('runAsGroup', own.runAsGroup ?? inPod.runAsGroup),
    NoNewPrivs: mayEscalate === undefined ? undefined : flag('allowPrivilegeEscalation', mayEscalate),
    Seccomp: seccomp && !isPrivileged ? profile(seccomp) : undefined,
    CapBnd: change && !isPrivileged ? capabilityChange(change.add ?? [], change.drop ?? []) : undefined,
  };
}

function first(field: string, value: number | undefined): Judge | undefined {
  if (value === undefined) return undefined;
  const expected = String(value);
  const origin = { field: `securityContext.${field}`, value: expected, expected };
  return (text) => ({ ...origin, agrees: text.split(/\s+/)[1] === expected });
}

function flag(field: string, value: boolean): Judge {
  const expected = value ? '0' : '1';
  return (text) => ({
    field: `securityContext.${field}`,
    value: String(value),
    expected,
    agrees: text === expected,
  });
}

function profile(type: string): Judge {
  const expected = type === 'Unconfined' ? '0' : '2';
  return (text) => ({ field: 'securityContext.seccompProfile', value: type, expected, agrees: text === expected });
}

function capabilityChange(add: readonly string[], drop: readonly string[]): Judge {
  const bare = (list: readonly string[]) => list.map((name) => name.toUpperCase().replace(/^CAP_/, ''));
  const [wanted, unwanted] = [bare(add), bare(drop)];
  const value = [`add: ${wanted.join(', ') || 'none'}`, `drop: ${unwanted.join(', ') || 'none'}`].join('; ');
  return (text) => {
    const has = capabilityNames(text);
    const isAll = wanted.includes('ALL');
    const isAdded = isAll || wanted.every((name) => has.includes(name));
    // What is dropped and added is added.
    const isLeft = has.filter((name) => !isAll && !wanted.includes(name));
    const isDropped = unwanted.includes('ALL') ? isLeft.length === 0 : !isLeft.some((name) => unwanted.includes(name));
    const expected = [...wanted.map((name) => `with ${name}`), ...unwanted.map((name) => `without ${name}`)].join(', ');
    return { field: 'securityContext.capabilities', value, expected, agrees: isAdded && isDropped };
  };
}
