import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { clusterPaths, writeClusterState } from '../cluster/cluster-state.ts';
import { quietTerminal } from '../output/testing/quiet-terminal.ts';
import { down } from './down.ts';

/** What a start in another terminal does when it is asked to end: the cluster goes, its state last. */
const start = `process.once('SIGTERM', () => require('fs').rmSync(process.argv[1]) ?? process.exit());
setInterval(() => undefined, 1000); console.log('ready');`;

it('has the start in another terminal end the cluster, which would start agents again that are ended here', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gantry down '));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const child = spawn(process.execPath, ['-e', start, clusterPaths(dataDir).state], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  await writeClusterState(dataDir, {
    version: 1,
    cluster: 'g1',
    server: 'https://127.0.0.1:6443',
    dashboardPort: 8080,
    clusterCidr: '10.1.0.0/16',
    controller: { pid: child.pid ?? 0, startedAt: '' },
    nodes: [],
    supervisor: { pid: child.pid ?? 0, startedAt: '' },
    isEngineStartedByUs: true,
  });
  const terminal = quietTerminal();
  await down(terminal, { dataDir });
  expect(await exited).toEqual([0, null]);
  expect(terminal.lines).toEqual(['the cluster is gone; the Docker Engine that Gantry started runs on']);
});

it('says where there is nothing to end', async () => {
  const terminal = quietTerminal();
  await down(terminal, { dataDir: '/nowhere' });
  expect(terminal.lines).toEqual(['no cluster runs from /nowhere']);
});
