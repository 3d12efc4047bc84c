import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clusterPaths, writeClusterState } from '../cluster/cluster-state.ts';
import { testState } from '../cluster/testing/test-state.ts';
import { quietTerminal } from '../output/testing/quiet-terminal.ts';
import { undoStart } from './end-cluster.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gantry end '));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

it('a start that fails ends its processes and removes nothing of an earlier cluster that it took up', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const ended = once(child, 'exit');
  const node = { name: 'node-1', cpu: '1', memory: '1Gi', process: { pid: child.pid ?? 0, startedAt: '' } };
  const state = testState({ controller: node.process, nodes: [node] });
  const volume = join(clusterPaths(dataDir).node('node-1'), 'volumes');
  await mkdir(volume, { recursive: true });
  await writeFile(join(volume, 'orders.log'), 'precious');
  await writeClusterState(dataDir, state);

  const terminal = quietTerminal();
  // An engine that is not there: nothing may be asked of it either.
  const docker = new Docker({ socketPath: '/nowhere/docker.sock' });
  await undoStart(terminal, { docker, dataDir, state, keepsContainers: false, wasThere: true });
  await ended;
  expect(await readFile(join(volume, 'orders.log'), 'utf8')).toBe('precious');
  expect(JSON.parse(await readFile(clusterPaths(dataDir).state, 'utf8'))).toEqual(state);
  expect(terminal.lines).toEqual([
    `what the cluster has stays: \`npm start -- --data-dir '${dataDir}'\` takes it up again, \`npm run down -- --data-dir '${dataDir}'\` removes it`,
  ]);
});
