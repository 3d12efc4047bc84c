import { expect, it } from 'vitest';
import { stateOf } from './start-cluster.ts';

const process = (pid: number) => ({ pid, startedAt: 'then' });
const started = {
  cluster: 'g1',
  server: 'https://127.0.0.1:6443',
  ranges: { clusterCidr: '10.1.0.0/16', serviceCidr: '10.2.0.0/16' },
  controller: process(1),
  agents: [process(2), process(3)],
  supervisor: process(4),
};
const options = {
  nodes: ['node-1', 'node-2'].map((name) => ({ name, cpu: '500m', memory: '1024' })),
  dashboardPort: 8080,
  ingress: { httpPort: 30_080, httpsPort: 30_443 },
  engine: { isStartedByUs: false },
  earlier: undefined,
};

it('writes down which process is whose, and what each node declares', () => {
  const { nodes, controller } = stateOf(options, started);
  expect(controller.pid).toBe(1);
  expect(nodes).toEqual([
    { name: 'node-1', cpu: '500m', memory: '1024', process: process(2) },
    { name: 'node-2', cpu: '500m', memory: '1024', process: process(3) },
  ]);
});

it('remembers that Gantry started the engine, also when a later start finds it running', () => {
  const first = stateOf({ ...options, engine: { isStartedByUs: true } }, started);
  const second = stateOf({ ...options, earlier: first }, started);
  const third = stateOf({ ...options, earlier: second }, started);
  expect([first, second, third].map(({ isEngineStartedByUs }) => isEngineStartedByUs)).toEqual([true, true, true]);
  expect(stateOf(options, started).isEngineStartedByUs).toBe(false);
});
