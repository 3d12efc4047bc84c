import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { needsRestart, shownResources } from './resources-in-force.ts';

const [container] = makePod({ container: { resources: { limits: { 'ephemeral-storage': '1Gi' } } } }).spec.containers;
const granted = { requests: { cpu: '0.25', memory: '64Mi' }, limits: { cpu: '500m', memory: '0.0625Gi' } };

it('shows what is in force in the words of what was granted where that comes to the same', () => {
  if (!container) throw new Error('a pod has a container');
  const same = { cpuShares: 256, cpuQuota: 50_000, memoryBytes: 64 * 1024 ** 2 };
  expect(shownResources(container, granted, same)).toEqual({
    requests: granted.requests,
    limits: { ...granted.limits, 'ephemeral-storage': '1Gi' },
  });
  const other = { cpuShares: 102, cpuQuota: 25_000, memoryBytes: 96 * 1024 ** 2 };
  expect(shownResources(container, granted, other)).toEqual({
    requests: { cpu: '100m', memory: '64Mi' },
    limits: { cpu: '250m', memory: '96Mi', 'ephemeral-storage': '1Gi' },
  });
});

it('asks for a restart only for the resource whose policy wants one', () => {
  const policies = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
  expect(needsRestart(policies, { cpu: true, memory: false })).toBe(false);
  expect(needsRestart(policies, { cpu: true, memory: true })).toBe(true);
  expect(needsRestart(undefined, { cpu: true, memory: true })).toBe(false);
});
