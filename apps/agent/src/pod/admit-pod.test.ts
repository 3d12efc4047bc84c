import type { PodSpec } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { refusalOf } from './admit-pod.ts';

const facts = { securityOptions: ['seccomp'], pressures: [], hugePageSizes: [], allowedUnsafeSysctls: ['kernel.msg*'] };
const sysctl = (name: string) => ({ securityContext: { sysctls: [{ name, value: '1' }] } });

const cases: [Partial<PodSpec>, string | undefined][] = [
  [{}, undefined],
  [sysctl('net.ipv4.tcp_syncookies'), undefined],
  [sysctl('net/ipv4/tcp_syncookies'), undefined],
  [sysctl('kernel.msgmax'), undefined],
  [sysctl('net.core.somaxconn'), 'SysctlForbidden: forbidden sysctl: "net.core.somaxconn" not allowlisted'],
  [
    { ...sysctl('net.ipv4.tcp_syncookies'), hostNetwork: true },
    'SysctlForbidden: forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host net enabled',
  ],
  [
    { ...sysctl('kernel.shm_rmid_forced'), hostIPC: true },
    'SysctlForbidden: forbidden sysctl: "kernel.shm_rmid_forced" not allowed with host ipc enabled',
  ],
  [{ securityContext: { appArmorProfile: { type: 'Unconfined' } } }, undefined],
  [
    { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } },
    'AppArmor: Cannot enforce AppArmor: AppArmor is not enabled on the host',
  ],
  [{ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }, undefined],
];

it.each(cases)('judges %j', (spec, expected) => {
  const refusal = refusalOf(makePod({ spec }), facts);
  expect(refusal && `${refusal.reason}: ${refusal.message}`).toBe(expected);
});

it('refuses a seccomp profile where the engine has no seccomp', () => {
  const pod = makePod({ spec: { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } } });
  expect(refusalOf(pod, { ...facts, securityOptions: [] })?.reason).toBe('Seccomp');
});
