import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { quietTerminal } from '../output/testing/quiet-terminal.ts';
import type { ClusterProcess, ClusterState } from './cluster-state.ts';
import { findEndedAgents, startAgentsAgain } from './ended-agents.ts';
import { testState } from './testing/test-state.ts';

async function sleeping(): Promise<ClusterProcess & { end(): Promise<void> }> {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const end = async () => {
    if (child.kill('SIGKILL')) await once(child, 'exit');
  };
  onTestFinished(end);
  return { pid: child.pid ?? 0, startedAt: '', end };
}

function stateWith(...agents: readonly ClusterProcess[]): ClusterState {
  return testState({ nodes: agents.map((process, i) => ({ name: `node-${i + 1}`, process })) });
}

it('finds the nodes whose agent has ended', async () => {
  const [first, second] = [await sleeping(), await sleeping()];
  const state = stateWith(first, second);
  expect(await findEndedAgents(state)).toEqual([]);
  await second.end();
  expect((await findEndedAgents(state)).map(({ name }) => name)).toEqual(['node-2']);
});

it('warns of a node of an older version, which did not write down what it declares', async () => {
  const terminal = quietTerminal();
  const state = stateWith({ pid: 0, startedAt: 'never' });
  const api = { json: () => Promise.reject(new Error('not to be asked')) };
  const { agents } = await startAgentsAgain(terminal, api, { dataDir: '/nowhere', state, nodes: state.nodes });
  expect(agents).toEqual([]);
  expect(terminal.lines).toEqual([expect.stringMatching(/^warning: the agent of node-1 has ended .* start it anew$/)]);
});
