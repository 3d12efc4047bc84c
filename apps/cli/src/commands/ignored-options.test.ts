import { expect, it } from 'vitest';
import { testState } from '../cluster/testing/test-state.ts';
import { ignoredOptions } from './ignored-options.ts';
import type { UpOptions } from './up-options.ts';

const process = { pid: 1, startedAt: '' };
const state = testState({
  ingress: { httpPort: 30_080, httpsPort: 30_443 },
  nodes: ['node-1', 'node-2'].map((name) => ({ name, cpu: '500m', memory: '1073741824', process })),
});
const plain: UpOptions = { dataDir: '/d', isDemo: true, keepsContainers: false, isDetached: true };

it('are none where nothing is asked for, or what the cluster has anyway', () => {
  expect(ignoredOptions(plain, state)).toEqual([]);
  const same = { nodes: 2, nodeCpu: '0.5', nodeMemory: '1Gi', address: '127.0.0.1', port: 6443, dashboardPort: 8080 };
  expect(ignoredOptions({ ...plain, ...same, ingressPort: 30_080, ingressTlsPort: 30_443 }, state)).toEqual([]);
});

it.each<[Partial<UpOptions>, string]>([
  [{ nodes: 5 }, '--nodes 5'],
  [{ nodes: 0 }, '--nodes 0'],
  [{ nodeCpu: '4' }, '--node-cpu 4'],
  [{ nodeCpu: 'lots' }, '--node-cpu lots'],
  [{ nodeMemory: '2Gi' }, '--node-memory 2Gi'],
  [{ address: '::1' }, '--address ::1'],
  [{ port: 6444 }, '--port 6444'],
  [{ dashboardPort: 8081 }, '--dashboard-port 8081'],
  [{ ingressPort: 80 }, '--ingress-port 80'],
  [{ ingressTlsPort: 443 }, '--ingress-tls-port 443'],
  [{ hpaSyncPeriodSeconds: 2 }, '--hpa-sync-period 2'],
  [{ keepsContainers: true }, '--keep'],
])('names %j', (options, text) => {
  expect(ignoredOptions({ ...plain, ...options }, state)).toEqual([text]);
});
