import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openClusterPki } from '../pki/cluster-pki.ts';
import { systemClock } from '../system-clock.ts';
import { joinScript } from './join-script.ts';

/** The scripts that a joining host runs and keeps, for real; only the agent that they start is a stand-in. */

const run = promisify(execFile);
let directory: string;
let server: Server;
let caPem: string;

const agent = `
import { appendFileSync } from 'node:fs';
appendFileSync(process.env.TRACE, process.argv.slice(2).join(' ') + '\\n');
if (process.argv[2] !== 'leave') {
  console.log('connected to the controller');
  setInterval(() => {}, 1000);
  process.on('SIGTERM', () => process.env.STUBBORN ? undefined : process.exit(0));
}
`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gantry-join-'));
  await mkdir(join(directory, 'dist'));
  await writeFile(join(directory, 'dist', 'agent.mjs'), agent);
  await run('tar', ['-czf', join(directory, 'agent.tgz'), '-C', join(directory, 'dist'), 'agent.mjs']);
  const archive = await readFile(join(directory, 'agent.tgz'));
  const pki = await openClusterPki({ dataDir: join(directory, 'cluster'), clock: systemClock });
  caPem = pki.caPem;
  server = createServer({ cert: pki.serverCertificatePem, key: pki.serverKeyPem }, (request, response) => {
    const isAllowed = request.headers.authorization === 'Bearer token';
    response.writeHead(isAllowed ? 200 : 401).end(isAllowed ? archive : '{"message":"no such token"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true, force: true });
});

const host = (name: string) => join(directory, name);
const trace = () => readFile(join(directory, 'trace'), 'utf8').catch(() => '');

async function joinAs(name: string, env: Record<string, string> = {}, token = 'token') {
  const { port } = server.address() as AddressInfo;
  const what = JSON.stringify({ server: `https://127.0.0.1:${port}`, ca: caPem, token });
  const program = `new Function('require', 'join', ${JSON.stringify(joinScript)})(require, ${what})`;
  return run(process.execPath, ['-e', program], {
    env: {
      ...process.env,
      GANTRY_AGENT_DIR: host(name),
      GANTRY_NODE_NAME: name,
      TRACE: join(directory, 'trace'),
      ...env,
    },
  });
}

async function pidOf(name: string): Promise<number> {
  return Number(await readFile(join(host(name), 'agent.pid'), 'utf8'));
}

/** Also true of one that has ended and whose parent has not asked. */
function hasEnded(pid: number): boolean {
  const { stdout } = spawnSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8' });
  return !/^State:\s+[^Z]/m.test(stdout);
}

it('fetches an agent, starts it in the background, and leaves what undoes all of it', async () => {
  const { stdout } = await joinAs('host-1', { GANTRY_AGENT_ARGS: '["--label","a=b c"]' });
  expect(stdout).toContain('the agent of host-1 runs');
  expect(await trace()).toContain(`--node-name host-1 --data-dir ${host('host-1')}/data --label a=b c`);
  const pid = await pidOf('host-1');
  expect(hasEnded(pid)).toBe(false);
  await expect(joinAs('host-1')).rejects.toMatchObject({
    stderr: expect.stringContaining('an agent runs here already'),
  });

  await run(join(host('host-1'), 'leave.sh'), { env: { ...process.env, TRACE: join(directory, 'trace') } });
  expect(hasEnded(pid)).toBe(true);
  expect((await trace()).trim().split('\n').at(-1)).toBe(`leave --data-dir ${host('host-1')}/data`);
  expect(existsSync(host('host-1'))).toBe(false);
}, 30_000);

it('leaves also where the agent does not want to end', async () => {
  await joinAs('host-3', { STUBBORN: '1' });
  const pid = await pidOf('host-3');
  const env = { ...process.env, TRACE: join(directory, 'trace'), GANTRY_STOP_SECONDS: '1' };
  await run(join(host('host-3'), 'leave.sh'), { env, timeout: 20_000, killSignal: 'SIGKILL' }).finally(() => {
    if (!hasEnded(pid)) process.kill(pid, 'SIGKILL');
  });
  expect(existsSync(host('host-3'))).toBe(false);
}, 30_000);

it('says why a host may not join', async () => {
  await expect(joinAs('host-2', {}, 'old')).rejects.toMatchObject({ stderr: 'gantry: no such token\n' });
});
