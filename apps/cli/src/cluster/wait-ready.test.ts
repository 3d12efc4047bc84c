import type { Deployment, Pod } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { quietTerminal } from '../output/testing/quiet-terminal.ts';
import { type ReadableApi, waitForDeployments } from './wait-ready.ts';

const demo = { namespace: 'default', names: ['web', 'orders'], timeoutMs: 0 };

it('does not wait for Deployments of the namespace that are not the ones that were applied', async () => {
  const api = apiWith([deployment('web', 2), deployment('orders', 2), deployment('own-app-that-never-starts', 0)], []);
  expect(await waitForDeployments(quietTerminal(), api, demo)).toEqual([]);
});

it('does not wait for one that was removed meanwhile', async () => {
  expect(await waitForDeployments(quietTerminal(), apiWith([deployment('web', 2)], []), demo)).toEqual([]);
});

it('names what is not Ready in time, and why, instead of failing', async () => {
  const waiting = { reason: 'ErrImagePull', message: 'no such image' };
  const pod = {
    metadata: { name: 'orders-1', labels: { app: 'orders' } },
    status: { phase: 'Pending', containerStatuses: [{ state: { waiting } }] },
  } as unknown as Pod;
  const api = apiWith([deployment('web', 2), deployment('orders', 0)], [pod]);
  expect(await waitForDeployments(quietTerminal(), api, demo)).toEqual([
    'orders has 0 of 2 pods available (orders-1: ErrImagePull: no such image)',
  ]);
});

/** A namespace with these Deployments and pods. */
function apiWith(deployments: readonly Deployment[], pods: readonly Pod[]): ReadableApi {
  return {
    json: async <T>({ path }: { path: string }) => ({ items: path.endsWith('pods') ? pods : deployments }) as T,
  };
}

function deployment(name: string, availableReplicas: number): Deployment {
  return {
    metadata: { name, generation: 1 },
    spec: { replicas: 2, selector: { matchLabels: { app: name } } },
    status: { observedGeneration: 1, availableReplicas },
  } as unknown as Deployment;
}
