import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Deployment, Pod } from '@gantry/api-types';
import { expect, it, onTestFinished } from 'vitest';
import { quietTerminal } from '../output/testing/quiet-terminal.ts';
import { type ReadableApi, waitForDeployments, waitForNodes } from './wait-ready.ts';

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

it('does not take a node for Ready because of an agent before this one', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  const startedAt = Date.parse('2030-01-01T00:00:10Z');
  const agent = {
    name: 'the agent',
    node: 'node-1',
    sinceMs: startedAt,
    pid: child.pid ?? 0,
    startedAt: '',
    logPath: '',
  };
  const renewTimes = ['2030-01-01T00:00:09.999000Z', '2030-01-01T00:00:10.500000Z'];
  const asked: string[] = [];
  const api = {
    json: async <T>({ path }: { path: string }) => {
      if (path.endsWith('nodes')) return { items: [readyNode] } as T;
      const renewTime = renewTimes[asked.push(path) - 1];
      return { items: [{ metadata: { name: 'node-1' }, spec: { renewTime } }] } as T;
    },
  };
  expect(await waitForNodes(quietTerminal(), api, [{ ...agent, child }])).toEqual(['10.1.0.0/24']);
  expect(asked).toHaveLength(2);
});

const readyNode = {
  metadata: { name: 'node-1' },
  spec: { podCIDR: '10.1.0.0/24' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
};

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
