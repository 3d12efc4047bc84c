import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Node, NodePool, Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from './testbed/deadline.ts';
import { buildImage, openEngine, removeImages } from './testbed/images.ts';
import { findTraces, noTraces } from './testbed/leftovers.ts';
import { runCommand } from './testbed/local-cluster.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady } from './testbed/pods.ts';

const docker = openEngine();
const image = 'gantry-e2e/pool-peer:1';
const podsPath = '/api/v1/namespaces/default/pods';
const poolsPath = '/apis/gantry.io/v1/nodepools';

/** One small node, which has room for three replicas and the client. */
const startArgs = ['--no-demo', '--nodes', '1', '--node-cpu', '1', '--node-memory', '2Gi'];

describe('nodes that come and go', () => {
  let test: LocalTestCluster;
  let clusterName: string;

  beforeAll(async () => {
    test = await LocalTestCluster.start(startArgs);
    clusterName = (await test.cluster.state()).cluster;
    const server = await readFile(fileURLToPath(new URL('./testbed/service-peer.mjs', import.meta.url)));
    const dockerfile = ['FROM gantry-demo/node:26', 'COPY peer.mjs /peer.mjs', 'ENTRYPOINT ["node","/peer.mjs"]'];
    await buildImage(docker, image, dockerfile.join('\n'), [{ name: 'peer.mjs', mode: 0o644, content: server }]);
    await apply(deployment, service);
    await waitForReplicas(3);
  });

  afterAll(async () => {
    if (test) {
      await test.stop();
      expect(await findTraces(docker, { name: clusterName, dataDir: test.cluster.dataDir })).toEqual(noTraces);
      expect(await hostVolumes()).toEqual([]);
    }
    await removeImages(docker, [image]);
  });

  it('are drained as far as a budget lets them, and to the end once it does', async () => {
    await apply(budget(3));
    await using drain = test.kubectl.start('drain', 'node-1', '--ignore-daemonsets', '--timeout=90s');
    await drain.waitFor(/Cannot evict pod as it would violate the pod's disruption budget/);
    expect((await replicas()).filter(isPodReady)).toHaveLength(3);
    await apply(budget(0));
    expect(await drain.exited).toBe(0);
    await test.kubectl.must('uncordon', 'node-1');
    await test.kubectl.must('delete', 'poddisruptionbudget', 'web');
    await waitForReplicas(3);
  });

  it('are added while pods wait for room and removed when they are not needed, under load and with no failed request', async () => {
    await apply(client);
    await test.waitFor<Pod>('the client runs', podsPath, (pods) => pods.some(isReadyClient));
    await gantry('pool', 'create', 'burst', '--max', '2', '--cpu', '1', '--memory', '1Gi', '--idle', '3');
    const program = ['node', '/peer.mjs', 'load', 'http://web/', '240000', '/tmp/enough'];
    await using load = test.kubectl.start('exec', 'client', '--', ...program);
    await waitUntil('the Service answers', 60_000, async () => (await answering()).size > 0);
    expect(await nodeNames()).toEqual(['node-1']);

    await test.kubectl.must('scale', 'deployment', 'web', '--replicas=5');
    await waitForPool('a host is at work', ({ status }) => status.readyNodes === 1);
    await waitForReplicas(5);
    expect(await nodeNames()).toEqual(['burst-1', 'node-1']);
    const guests = (await replicas())
      .filter(({ spec }) => spec.nodeName === 'burst-1')
      .map(({ metadata }) => metadata.name);
    expect(guests.length).toBeGreaterThan(0);
    await waitUntil('pods on the new host answer', 60_000, async () => {
      const names = await answering();
      return guests.every((name) => names.has(name));
    });

    await test.kubectl.must('scale', 'deployment', 'web', '--replicas=3');
    await waitForPool('the pool is empty', ({ status }) => status.nodes === 0);
    expect(await nodeNames()).toEqual(['node-1']);
    expect(await hostContainers()).toEqual([]);
    await waitForReplicas(3);
    await test.kubectl.must('exec', 'client', '--', 'node', '-e', 'fs.writeFileSync("/tmp/enough", "")');
    await load.exited;
    const { sent, failed } = JSON.parse(load.output) as { sent: number; failed: string[] };
    expect(failed).toEqual([]);
    expect(sent).toBeGreaterThan(100);
    expect(await gantry('pool', 'ls')).toMatch(/burst\s+docker\s+0\s+2\s+0\s+0/);
  });

  it('go with their cluster', async () => {
    await test.kubectl.must('patch', 'nodepool', 'burst', '--type=merge', '-p', '{"spec":{"minNodes":1}}');
    await waitUntil('a host is there', 60_000, async () => (await hostContainers()).length === 1);
    // What is left of it is looked for after the end of the cluster.
  });

  const isReadyClient = (pod: Pod) => pod.metadata.name === 'client' && isPodReady(pod);

  async function apply(...objects: readonly object[]): Promise<void> {
    const items = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    await test.kubectl.feed(items, 'apply', '-f', '-');
  }

  async function gantry(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await runCommand('npx', ['gantry', ...args, '--data-dir', test.cluster.dataDir]);
    if (code !== 0) throw new Error(`gantry ${args.join(' ')} failed (${code}): ${stdout}${stderr}`);
    return stdout;
  }

  /** Runs one of the client's programs in its pod. */
  async function ask<T>(...args: string[]): Promise<T> {
    return JSON.parse(await test.kubectl.must('exec', 'client', '--', 'node', '/peer.mjs', ...args)) as T;
  }

  /** The names of the pods that answer the Service just now. */
  async function answering(): Promise<ReadonlySet<string>> {
    const answers = await ask<Record<string, number>>('get', 'http://web/', '40');
    return new Set(Object.keys(answers).filter((name) => name.startsWith('web-')));
  }

  async function replicas(): Promise<readonly Pod[]> {
    const { items } = await test.kubectl.json<{ items: Pod[] }>('get', 'pods', '-l', 'app=web');
    return items;
  }

  async function waitForReplicas(count: number): Promise<void> {
    await test.waitFor<Pod>(
      `${count} replicas are ready`,
      `${podsPath}?labelSelector=app%3Dweb`,
      (pods) => {
        return pods.length === count && pods.every(isPodReady);
      },
      90_000,
    );
  }

  async function waitForPool(what: string, until: (pool: NodePool) => boolean): Promise<void> {
    try {
      await test.waitFor<NodePool>(what, poolsPath, ([pool]) => pool !== undefined && until(pool), 120_000);
    } catch (error) {
      const said = await test.kubectl.run(['describe', 'nodepool', 'burst']);
      throw new Error(`${String(error)}\n${said.stdout}`, { cause: error });
    }
  }

  async function nodeNames(): Promise<string[]> {
    const { items } = await test.kubectl.json<{ items: Node[] }>('get', 'nodes');
    return items.map(({ metadata }) => metadata.name);
  }

  const filters = () => ({ label: [`io.gantry.cluster=${clusterName}`, 'io.gantry.pool'] });

  async function hostContainers(): Promise<string[]> {
    return (await docker.listContainers({ all: true, filters: filters() })).map(({ Names }) => Names.join());
  }

  async function hostVolumes(): Promise<string[]> {
    return ((await docker.listVolumes({ filters: filters() })).Volumes ?? []).map(({ Name }) => Name);
  }
});

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'main',
            image,
            args: ['serve'],
            ports: [{ name: 'http', containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
            resources: { requests: { cpu: '300m', memory: '64Mi' } },
          },
        ],
      },
    },
  },
};

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
};

const client = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'client' },
  spec: { containers: [{ name: 'main', image, args: ['idle'], resources: { requests: { cpu: '100m' } } }] },
};

const budget = (minAvailable: number) => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web' },
  spec: { minAvailable, selector: { matchLabels: { app: 'web' } } },
});
