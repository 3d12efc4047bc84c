import type { PodSpec } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { unsupportedFields } from './supported-fields.ts';

const prefix = 'the pod sets a field that this version of Gantry does not carry out yet: ';
const main = { name: 'main', image: 'a' };

const refused: [Partial<PodSpec>, string][] = [
  [{ hostUsers: false }, 'spec.hostUsers: false'],
  [{ runtimeClassName: 'gvisor' }, 'spec.runtimeClassName'],
  [
    { containers: [{ ...main, restartPolicyRules: [{ action: 'RestartAllContainers' }] }] },
    'spec.containers[0].restartPolicyRules[0].action: "RestartAllContainers"',
  ],
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

describe('on a node with huge pages', () => {
  const sizes = [2 * 1024 * 1024];
  const asking = (name: string): Partial<PodSpec> => ({
    containers: [{ ...main, resources: { limits: { memory: '1Gi', [name]: '4Mi' } } }],
  });

  it('takes those of its sizes, in resources and in volumes, and names others', () => {
    const unsupported = (spec: Partial<PodSpec>) => unsupportedFields(makePod({ spec }), sizes);
    expect(unsupported(asking('hugepages-2Mi'))).toBeUndefined();
    expect(unsupported(asking('hugepages-1Gi'))).toContain('spec.containers[0].resources.limits.hugepages-1Gi');
    const volume = (medium: string): Partial<PodSpec> => ({ volumes: [{ name: 'v', emptyDir: { medium } }] });
    for (const medium of ['HugePages', 'HugePages-2Mi']) expect(unsupported(volume(medium))).toBeUndefined();
    expect(unsupported(volume('HugePages-1Gi'))).toContain('spec.volumes[0].emptyDir.medium: "HugePages-1Gi"');
  });
});
