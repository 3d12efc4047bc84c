import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node, Pod } from '@gantry/api-types';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { waitUntil } from './testbed/deadline.ts';
import { buildBusyboxImage, openEngine } from './testbed/images.ts';
import { findKubectl } from './testbed/kubectl.ts';
import { Kubectl } from './testbed/kubectl-session.ts';
import { findTraces, noTraces } from './testbed/leftovers.ts';
import { type CommandResult, LocalCluster, repositoryRoot, runCommand } from './testbed/local-cluster.ts';
import { isPodReady } from './testbed/pods.ts';

const docker = openEngine();
const stubbornImage = 'gantry-e2e/stubborn:1';

/** What a newcomer does: `npm start`, look around, `npm run down`. */
describe('npm start', () => {
  let cluster: LocalCluster;
  let kubectl: Kubectl;

  beforeAll(async () => {
    await buildBusyboxImage(docker, stubbornImage, ['/bin/sh', '-c', 'trap "" TERM; while :; do sleep 1; done']);
    cluster = await LocalCluster.start();
    kubectl = new Kubectl({ path: await findKubectl(), kubeconfig: cluster.kubeconfig });
  });

  afterAll(async () => {
    await cluster?.stop();
    await docker
      .getImage(stubbornImage)
      .remove({ force: true })
      .catch(() => undefined);
  });

  it('prints no colour codes where there is no terminal', () => {
    expect(cluster.output).not.toContain('\u001b');
  });

  it('prints the dashboard link as its first address, and that shows the page', async () => {
    const link = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(cluster.output)?.[0] ?? '';
    const page = await followRedirects(link);
    expect(page.status).toBe(200);
    expect(page.text).toMatch(/<!doctype html>/i);
  });

  it('says how to end this very cluster', () => {
    expect(cluster.output).toContain(`\`npm run down -- --data-dir '${cluster.dataDir}'\` ends it`);
  });

  it('prints the kubeconfig path and three things to try', () => {
    expect(cluster.output).toContain(cluster.kubeconfig);
    expect(/^Three things to try:\n(?: {2}\S.*\n){3}\n/m.test(cluster.output)).toBe(true);
  });

  it('writes a kubeconfig that needs no other file and that nobody else may read', async () => {
    expect((await stat(cluster.kubeconfig)).mode & 0o777).toBe(0o600);
    const text = await readFile(cluster.kubeconfig, 'utf8');
    expect(text).not.toContain(cluster.dataDir);
    const { clusters, users } = parse(text) as { clusters: { cluster: object }[]; users: { user: object }[] };
    expect(Object.keys(clusters[0]?.cluster ?? {})).toContain('certificate-authority-data');
    expect(Object.keys(users[0]?.user ?? {})).toEqual(['token']);
  });

  it('brings up three Ready nodes that share what the engine has', async () => {
    const { items: nodes } = await kubectl.json<{ items: Node[] }>('get', 'nodes');
    expect(nodes.map(({ metadata }) => metadata.name)).toEqual(['node-1', 'node-2', 'node-3']);
    for (const { status } of nodes)
      expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
    const { NCPU, MemTotal } = (await docker.info()) as { NCPU: number; MemTotal: number };
    const cpuMilli = sum(nodes.map(({ status }) => parseCpuMilli(status.allocatable?.cpu ?? '0')));
    const memoryBytes = sum(nodes.map(({ status }) => parseBytes(status.allocatable?.memory ?? '0')));
    expect(cpuMilli).toBeLessThanOrEqual(NCPU * 1000);
    expect(cpuMilli).toBeGreaterThan(NCPU * 1000 - 10);
    expect(memoryBytes).toBeLessThanOrEqual(MemTotal);
    expect(memoryBytes).toBeGreaterThan(0.99 * MemTotal);
  });

  it('has the demo Ready, which requests at most 150m cpu and 256Mi in all', async () => {
    const pods = (await kubectl.json<{ items: Pod[] }>('get', 'pods')).items;
    expect(pods.length).toBeGreaterThan(0);
    expect(pods.filter((pod) => !isPodReady(pod))).toEqual([]);
    const requests = pods.flatMap(({ spec }) => spec.containers.map(({ resources }) => resources?.requests ?? {}));
    expect(sum(requests.map(({ cpu = '0' }) => parseCpuMilli(cpu)))).toBeLessThanOrEqual(150);
    expect(sum(requests.map(({ memory = '0' }) => parseBytes(memory)))).toBeLessThanOrEqual(parseBytes('256Mi'));
  });

  it("shows the YAML's image names in docker ps", async () => {
    const { cluster: name } = await cluster.state();
    const pods = (await kubectl.json<{ items: Pod[] }>('get', 'pods')).items;
    const { stdout } = await runCommand('docker', [
      'ps',
      '--filter',
      `label=io.gantry.cluster=${name}`,
      '--format',
      '{{.Image}}',
    ]);
    const wanted = pods.flatMap(({ spec }) => spec.containers.map(({ image }) => image));
    expect(stdout.trim().split('\n').toSorted()).toEqual(wanted.toSorted());
  });

  it('has a shop at the printed address, whose answers name the pod and the node of every call', async () => {
    const shop = /Demo shop +(http:\S+)/.exec(cluster.output)?.[1] ?? '';
    const page = await fetch(shop);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toMatch(/<!doctype html>/i);
    const { items } = await kubectl.json<{ items: Pod[] }>('get', 'pods');
    const nodeOf = new Map(items.map(({ metadata, spec }) => [metadata.name, spec.nodeName]));
    const bought = (await (await fetch(new URL('buy', shop), { method: 'POST' })).json()) as ShopAnswer;
    expect(bought.order).toBeGreaterThan(0);
    expect(bought.path.map(({ service }) => service)).toEqual(['web', 'orders', 'catalog']);
    for (const { service, pod, node } of bought.path) {
      expect(pod).toMatch(new RegExp(`^${service}-`));
      expect(node).toBe(nodeOf.get(pod));
    }
  });

  it('has a load generator that buys at the rate that it is told', async () => {
    const shop = /Demo shop +(http:\S+)/.exec(cluster.output)?.[1] ?? '';
    const load = async (query = '') => (await (await fetch(new URL(`load${query}`, shop))).json()) as ShopAnswer;
    const before = await load('?set=20');
    expect(before.rate).toBe(20);
    await waitUntil('it has bought', 30_000, async () => ((await load()).bought ?? 0) >= (before.bought ?? 0) + 20);
    expect(await load('?set=1')).toMatchObject({ rate: 1 });
  });

  it('attaches when started again: says what it does not apply, and starts agents that have ended', async () => {
    const { nodes, ...before } = await cluster.state();
    process.kill(nodes[1]?.process.pid ?? 0, 'SIGKILL');
    const { code, stdout } = await npmStart('--detach', '--data-dir', cluster.dataDir, '--nodes', '5');
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('already');
    const link = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(stdout)?.[0] ?? '';
    expect((await followRedirects(link)).status).toBe(200);
    expect(stdout.split('\n').filter((line) => line.startsWith('warning:'))).toEqual([
      expect.stringMatching(/already: --nodes 5; .*`npm run down -- --data-dir '/),
    ]);
    expect(stdout).toContain('the agent of node-2 has ended: starting it again');
    const { nodes: nodesAfter, ...after } = await cluster.state();
    expect(after).toEqual(before);
    expect(nodesAfter.map(({ process: { pid } }, i) => pid === nodes[i]?.process.pid)).toEqual([true, false, true]);
    await kubectl.must('wait', '--for=condition=Ready', 'node/node-2', '--timeout=60s');
    // Only a connected agent can do that.
    const pods = (await kubectl.json<{ items: Pod[] }>('get', 'pods')).items;
    const { name = '' } = pods.find(({ spec }) => spec.nodeName === 'node-2')?.metadata ?? {};
    await waitUntil('its logs can be read', 60_000, async () => (await kubectl.run(['logs', name])).code === 0);
  });

  it('starts its agents again, leaves containers with --keep and after a crash, and removes all at Ctrl-C', async () => {
    await using dir = await tempDir();
    const args = ['--no-demo', '--nodes', '2', '--node-cpu', '64', '--data-dir', dir.path];
    const stateOf = async () =>
      JSON.parse(await readFile(join(dir.path, 'cluster.json'), 'utf8')) as Awaited<ReturnType<LocalCluster['state']>>;
    const keeping = await Foreground.start([...args, '--keep']);
    const { cluster: name, nodes } = await stateOf();
    const own = new Kubectl({ path: await findKubectl(), kubeconfig: join(dir.path, 'kubeconfig') });
    await own.must('run', 'kept', `--image=${stubbornImage}`);
    await own.must('wait', '--for=condition=Ready', 'pod/kept', '--timeout=90s');
    const identity = async () => {
      const { status } = await own.json<Pod>('get', 'pod', 'kept');
      const [container] = status.containerStatuses ?? [];
      const id = container?.containerID?.replace('docker://', '') ?? '';
      const { State } = await docker.getContainer(id).inspect();
      return { id, startedAt: State.StartedAt, isRunning: State.Running, restarts: container?.restartCount };
    };
    const before = await identity();
    process.kill(nodes[0]?.process.pid ?? 0, 'SIGKILL');
    await waitUntil('its agent is started again', 60_000, async () =>
      keeping.output.includes('the agent of node-1 is started again'),
    );
    await keeping.interrupt();
    expect(keeping.output).toContain(`npm run down -- --data-dir '${dir.path}'`);
    expect((await findTraces(docker, { name, dataDir: dir.path })).processes).toEqual([]);
    expect((await docker.getContainer(before.id).inspect()).State.Running).toBe(true);

    const again = await Foreground.start(args);
    expect((await findTraces(docker, { name, dataDir: dir.path })).processes.length).toBeGreaterThanOrEqual(3);
    expect(await identity()).toEqual(before);
    // A controller that crashes is a start that failed: it must not cost what was there before.
    const { controller } = await stateOf();
    process.kill(controller.pid, 'SIGKILL');
    expect(await again.ended()).toBe(1);
    expect(again.output).toMatch(
      /^gantry: the controller ended unexpectedly \(SIGKILL\); its log is .*controller\.log$/m,
    );
    expect((await findTraces(docker, { name, dataDir: dir.path })).processes).toEqual([]);

    const last = await Foreground.start(args);
    expect(await identity()).toEqual(before);
    await last.interrupt();
    expect(await findTraces(docker, { name, dataDir: dir.path })).toEqual(noTraces);
    expect(last.output.split('\n').filter((line) => line.startsWith('warning:'))).toEqual([
      expect.stringContaining('128 cpus'),
    ]);
  });

  describe('refuses with one clear line and no stack trace', () => {
    it('a port that is in use', async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      const port = typeof address === 'object' ? String(address?.port) : '';
      await using dir = await tempDir();
      for (const option of ['--port', '--dashboard-port']) {
        const line = await refusal(await npmStart('--detach', '--data-dir', dir.path, option, port));
        expect(line).toContain(`port ${port}`);
        expect(line).toContain(option);
      }
      server.close();
    });

    it('a data directory that cannot be written', async () => {
      await using dir = await tempDir();
      const file = join(dir.path, 'a file');
      await writeFile(file, '');
      for (const path of [join(file, 'below'), '/proc/gantry e2e'])
        expect(await refusal(await npmStart('--detach', '--data-dir', path))).toContain(path);
    });

    it('an engine that does not answer', async () => {
      await using dir = await tempDir();
      const env = { DOCKER_HOST: 'unix:///nowhere' };
      const result = await runCommand('npm', ['start', '--', '--detach', '--data-dir', dir.path], { env });
      // The second line says what to do about it.
      expect(await refusal(result, 2)).toContain('unix:///nowhere');
    });

    it('the engine of another machine', async () => {
      await using dir = await tempDir();
      const env = { DOCKER_HOST: 'tcp://192.0.2.1:2375' };
      const result = await runCommand('npm', ['start', '--', '--detach', '--data-dir', dir.path], { env });
      expect(await refusal(result)).toMatch(/DOCKER_HOST=tcp:\/\/192\.0\.2\.1:2375 is of another machine.*gantry join/);
    });

    it.each([
      ['--nodes', 'many'],
      ['--nodes', '-1'],
      ['--node-cpu', 'lots'],
      ['--node-memory', '-2Gi'],
      ['--port', '0'],
    ])('the option %s %s', async (option, value) => {
      await using dir = await tempDir();
      expect(await refusal(await npmStart('--detach', '--data-dir', dir.path, `${option}=${value}`))).toContain(option);
    });
  });

  it('leaves nothing behind after npm run down, at once even where a pod ignores SIGTERM', async () => {
    await kubectl.must('create', 'namespace', 'stubborn');
    const overrides = JSON.stringify({ spec: { terminationGracePeriodSeconds: 600 } });
    await kubectl
      .in('stubborn')
      .must('run', 'stubborn', `--image=${stubbornImage}`, '--overrides', overrides, '--override-type=merge');
    await kubectl.in('stubborn').must('wait', '--for=condition=Ready', 'pod/stubborn', '--timeout=90s');
    const { cluster: name } = await cluster.state();
    const { dataDir } = cluster;
    const before = await findTraces(docker, { name, dataDir });
    // Mounts come with some volumes only, networks of the engine only where the agent may not connect pods itself.
    const maybeNone = new Set(['mounts', 'networks']);
    expect(Object.entries(before).filter(([what, found]) => !maybeNone.has(what) && found.length === 0)).toEqual([]);
    const startedAt = Date.now();
    const { code, stdout } = await runCommand('npm', ['run', 'down', '--', '--data-dir', dataDir]);
    expect({ code, stdout: stdout.includes('\u001b') }).toEqual({ code: 0, stdout: false });
    // A tenth of the pod's grace period: the machine may be busy.
    expect(Date.now() - startedAt).toBeLessThan(60_000);
    expect(await findTraces(docker, { name, dataDir })).toEqual(noTraces);
  });
});

/** What the demo shop answers: an order, or what the load generator does. */
interface ShopAnswer {
  readonly order?: number;
  readonly rate?: number;
  readonly bought?: number;
  readonly path: readonly { readonly service: string; readonly pod: string; readonly node: string }[];
}

/** A `npm start` that stays until Ctrl-C. */
class Foreground {
  output = '';
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(args: readonly string[]) {
    // A terminal signals the whole foreground process group.
    this.#child = spawn('npm', ['start', '--', ...args], { cwd: repositoryRoot, detached: true, stdio: 'pipe' });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('utf8');
      });
    this.#exited = once(this.#child, 'close');
  }

  /** Resolves once the cluster is up. */
  static async start(args: readonly string[]): Promise<Foreground> {
    const started = new Foreground(args);
    await waitUntil('the cluster is up', 60_000, async () => started.output.includes('Ctrl-C'));
    return started;
  }

  /** Ctrl-C; resolves when it has ended. */
  async interrupt(): Promise<void> {
    process.kill(-(this.#child.pid ?? 0), 'SIGINT');
    await this.#exited;
  }

  /** Resolves with the exit status when it has ended by itself. */
  async ended(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }
}

function npmStart(...args: string[]): Promise<CommandResult> {
  return runCommand('npm', ['start', '--', ...args], { timeoutMs: 90_000 });
}

/** The message of a start that failed as it should: so many lines of Gantry's own, and nothing that looks like a stack. */
async function refusal({ code, stdout, stderr }: CommandResult, lines = 1): Promise<string> {
  expect(code, stdout).not.toBe(0);
  const own = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('npm '));
  expect(own, stderr).toHaveLength(lines);
  expect(`${stdout}${stderr}`).not.toMatch(/^\s+at /m);
  return own.join('\n');
}

/** As a browser does: keeps cookies on the way. */
async function followRedirects(link: string): Promise<{ status: number; text: string }> {
  let cookie = '';
  let url = link;
  for (let hops = 0; hops < 5; hops += 1) {
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    const location = response.headers.get('location');
    if (location === null) return { status: response.status, text: await response.text() };
    url = new URL(location, url).href;
  }
  throw new Error(`${link} redirects without end`);
}

async function tempDir(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'gantry e2e '));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
