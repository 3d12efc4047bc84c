import type { PodSpec } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { unsupportedFields } from './supported-fields.ts';

const prefix = 'the pod sets a field that this version of Gantry does not carry out yet: ';
const main = { name: 'main', image: 'a' };

const refused: [Partial<PodSpec>, string][] = [
  [{ hostUsers: false }, 'spec.hostUsers: false'],
  [{ runtimeClassName: 'gvisor' }, 'spec.runtimeClassName'],
  [{ containers: [{ ...main, restartPolicyRules: [{ action: 'Restart' }] }] }, 'spec.containers[0].restartPolicyRules'],
  [
    { containers: [{ ...main, resources: { limits: { 'example.com/gpu': '1' } } }] },
    'spec.containers[0].resources.limits.example.com/gpu',
  ],
  [
    { containers: [{ ...main, resources: { limits: { 'hugepages-2Mi': '2Mi' } } }] },
    'spec.containers[0].resources.limits.hugepages-2Mi',
  ],
  [{ volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }] }, 'spec.volumes[0].nfs'],
  [{ volumes: [{ name: 'v', emptyDir: { medium: 'HugePages' } }] }, 'spec.volumes[0].emptyDir.medium: "HugePages"'],
  [{ securityContext: { windowsOptions: { hostProcess: true } } }, 'spec.securityContext.windowsOptions'],
];

it.each(refused)('names %j', (spec, field) => {
  const message = unsupportedFields(makePod({ spec }));
  expect(message?.startsWith(prefix)).toBe(true);
  expect(message).toContain(field);
});

it('takes fields that are set to what they are anyway', () => {
  const spec: Partial<PodSpec> = {
    hostNetwork: false,
    hostPID: false,
    ephemeralContainers: [],
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    serviceAccountName: 'default',
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
    priority: 0,
    securityContext: {},
    tolerations: [
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
  };
  expect(unsupportedFields(makePod({ spec }))).toBeUndefined();
});

it('names all of them', () => {
  const message = unsupportedFields(makePod({ spec: { runtimeClassName: 'a', hostUsers: false } }));
  expect(message).toContain('sets fields');
  expect(message).toContain('spec.runtimeClassName, spec.hostUsers: false');
});
