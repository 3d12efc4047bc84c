import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Pod, Service } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from './testbed/deadline.ts';
import { buildImage, openEngine, removeImages } from './testbed/images.ts';
import { findTraces, noTraces } from './testbed/leftovers.ts';
import { LocalCluster, runCommand } from './testbed/local-cluster.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady } from './testbed/pods.ts';

const docker = openEngine();
const image = 'gantry-e2e/service-peer:1';
const startArgs = ['--no-demo', '--node-cpu', '4', '--node-memory', '8Gi'];
const podsPath = '/api/v1/namespaces/default/pods';

/** Services, DNS and the way to the API as pods and clients outside see them. */
describe('Services', () => {
  let test: LocalTestCluster;
  let hostIp: string;

  beforeAll(async () => {
    test = await LocalTestCluster.start(startArgs);
    const server = await readFile(fileURLToPath(new URL('./testbed/service-peer.mjs', import.meta.url)));
    const dockerfile = ['FROM gantry-demo/node:26', 'COPY peer.mjs /peer.mjs', 'ENTRYPOINT ["node","/peer.mjs"]'];
    await buildImage(docker, image, dockerfile.join('\n'), [{ name: 'peer.mjs', mode: 0o644, content: server }]);
    await apply(deployment('web', 3), service('web'), service('headless', { clusterIP: 'None' }), clientPod);
    await apply(
      service('sticky', { sessionAffinity: 'ClientIP' }),
      service('outside', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local', selector: null }),
      service('empty', { selector: { app: 'nobody' } }),
      service('open', { type: 'LoadBalancer' }),
      service('near', { trafficDistribution: 'PreferSameNode' }),
    );
    const pods = await waitForReady(4);
    hostIp = pods[0]?.status.hostIP ?? '';
    expect(new Set(pods.filter(isWeb).map(({ spec }) => spec.nodeName)).size).toBe(3);
    await waitUntil('the Services lead to all pods', 60_000, async () => (await answers('http://web/', 40)).size === 3);
  });

  afterAll(async () => {
    if (test) {
      const { cluster: name } = await test.cluster.state();
      const clusterIp = await test.kubectl.must('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
      await test.stop();
      expect(await findTraces(docker, { name, dataDir: test.cluster.dataDir })).toEqual(noTraces);
      expect((await runCommand('nft', ['list', 'ruleset'])).stdout).not.toContain(`${clusterIp} `);
    }
    await removeImages(docker, [image]);
  });

  it('are reached by name from any pod, on pods of every node', async () => {
    expect(await names('http://web/', 60)).toEqual(await webPods());
    expect(await names('http://web.default.svc.cluster.local/', 60)).toEqual(await webPods());
  });

  it('without a cluster IP are the addresses of their pods', async () => {
    const { addresses } = await ask<{ addresses: string[] }>('lookup', 'headless');
    const pods = (await test.waitFor<Pod>('pods', podsPath, () => true)).filter(isWeb);
    expect(new Set(addresses)).toEqual(new Set(pods.map(({ status }) => status.podIP ?? '')));
  });

  it('by their external name are what that name is', async () => {
    expect(await names('http://outside/', 40)).toEqual(await webPods());
  });

  it('remember their clients', async () => {
    expect((await names('http://sticky/', 40)).length).toBe(1);
  });

  it('stay on the node where that is preferred and a pod is there', async () => {
    const pods = await test.waitFor<Pod>('pods', podsPath, () => true);
    const nodeName = pods.find(({ metadata }) => metadata.name === 'client')?.spec.nodeName;
    const here = pods.filter((pod) => isWeb(pod) && pod.spec.nodeName === nodeName);
    expect(await names('http://near/', 40)).toEqual(here.map(({ metadata }) => metadata.name));
  });

  it('refuse at once where they have no pods, and where a cluster IP has no such port', async () => {
    expect([...(await answers('http://empty/', 3)).keys()]).toEqual(['ECONNREFUSED']);
    expect([...(await answers('http://web:81/', 3)).keys()]).toEqual(['ECONNREFUSED']);
  });

  it('answer by UDP', async () => {
    const { name } = await ask<{ name: string }>('udp', 'web', '5353');
    expect(await webPods()).toContain(name);
  });

  it("are on the node's addresses, by node port and by the balancer's port", async () => {
    const [open] = await test.waitFor<Service>(
      'the balancer has an address',
      '/api/v1/namespaces/default/services?fieldSelector=metadata.name%3Dopen',
      (items) => items[0]?.status.loadBalancer?.ingress !== undefined,
    );
    const { nodePort, port } = open?.spec.ports?.[0] ?? { port: 0 };
    expect(open?.status.loadBalancer?.ingress?.[0]?.ip).toBe(hostIp);
    for (const number of [nodePort, port]) {
      const fromHost = await fetch(`http://${hostIp}:${number}/`, { headers: { connection: 'close' } });
      expect(await webPods()).toContain((await fromHost.text()).trim());
      expect((await names(`http://${hostIp}:${number}/`, 10)).length).toBeGreaterThan(0);
    }
  });

  it('lead pods to the API, with a certificate for its name', async () => {
    expect(await ask('api')).toEqual({ status: 200, host: '10', isTrusted: true });
  });

  it('are told to containers that start after them', async () => {
    const { env } = await ask<{ env: Record<string, string> }>('env');
    const web = await test.kubectl.must('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
    expect(env).toMatchObject({ KUBERNETES_SERVICE_PORT: '443', WEB_SERVICE_HOST: web, WEB_SERVICE_PORT: '80' });
  });

  it('lose no request while their pods are replaced under load, on new and kept connections', async () => {
    const load = ask<{ sent: number; failed: string[] }>('load', 'http://web/', '14000');
    await waitUntil('the load runs', 60_000, async () => (await answers('http://web/', 1)).size === 1);
    await test.kubectl.must('rollout', 'restart', 'deployment/web');
    await test.kubectl.must('rollout', 'status', 'deployment/web', '--timeout=90s');
    const { sent, failed } = await load;
    console.log(`rolling update: ${sent} requests, ${failed.length} failed`);
    expect(failed).toEqual([]);
    expect(sent).toBeGreaterThan(500);
  });

  it('go on while the controller is away, and keep connections while agents are too', async () => {
    // What the test before replaced is told to every node: from here on nobody can.
    await waitUntil('the Service leads to its pods and no others', 60_000, async () => {
      const [found, wanted] = [await names('http://web/', 60), await webPods()];
      return JSON.stringify(found) === JSON.stringify(wanted) && wanted.length === 3;
    });
    await waitUntil('so does the headless one', 60_000, async () => {
      return (await ask<{ addresses: string[] }>('lookup', 'headless')).addresses.length === 3;
    });
    const kept = ask<{ answers: number; error?: string }>('keep', 'http://web/', '15000');
    const { controller, nodes } = await test.cluster.state();
    process.kill(controller.pid, 'SIGKILL');
    expect((await ask<{ addresses: string[] }>('lookup', 'headless')).addresses).toHaveLength(3);
    expect((await names('http://web.default.svc.cluster.local/', 60)).length).toBe(3);
    for (const node of nodes) process.kill(node.process.pid, 'SIGKILL');
    await LocalCluster.start(startArgs, test.cluster.dataDir);
    const { answers: count, error } = await kept;
    expect(error).toBeUndefined();
    expect(count).toBeGreaterThan(50);
    await waitUntil('names resolve again', 60_000, async () => (await answers('http://web/', 30)).size === 3);
  });

  async function apply(...objects: readonly object[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    await test.kubectl.feed(JSON.stringify(list), 'apply', '-f', '-');
  }

  async function waitForReady(count: number): Promise<readonly Pod[]> {
    return test.waitFor<Pod>('pods are Ready', podsPath, (pods) => pods.filter(isPodReady).length === count, 120_000);
  }

  async function webPods(): Promise<string[]> {
    const pods = await test.waitFor<Pod>('pods', podsPath, () => true);
    return pods
      .filter((pod) => isWeb(pod) && pod.metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name)
      .toSorted();
  }

  /** Has the client pod do something: the programs of `service-peer.mjs`. */
  async function ask<T = unknown>(...args: readonly string[]): Promise<T> {
    const [container] = await docker.listContainers({
      filters: {
        label: [
          'io.gantry.pod.name=client',
          'io.gantry.container=main',
          `io.gantry.cluster=${(await test.cluster.state()).cluster}`,
        ],
      },
    });
    const { code, stdout, stderr } = await runCommand('docker', [
      'exec',
      container?.Id ?? '',
      'node',
      '/peer.mjs',
      ...args,
    ]);
    if (code !== 0) throw new Error(`client ${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** How often which answer, or error code, came to `count` requests on connections of their own. */
  async function answers(url: string, count: number): Promise<Map<string, number>> {
    return new Map(Object.entries(await ask<Record<string, number>>('get', url, String(count))));
  }

  async function names(url: string, count: number): Promise<string[]> {
    return [...(await answers(url, count)).keys()].toSorted();
  }
});

const isWeb = (pod: Pod) => pod.metadata.labels?.app === 'web';

function deployment(name: string, replicas: number): object {
  const container = {
    name: 'main',
    image,
    args: ['serve'],
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
  };
  const spread = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: { app: name } },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [container], topologySpreadConstraints: [spread] },
      },
    },
  };
}

function service(name: string, spec: object = {}): object {
  const ports = [
    { name: 'http', port: 80, targetPort: 'http' },
    { name: 'echo', port: 5353, protocol: 'UDP' },
  ];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: 'web' }, ports, ...spec } };
}

const clientPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'client' },
  spec: {
    containers: [{ name: 'main', image, args: ['idle'], volumeMounts: [{ name: 'ca', mountPath: '/ca' }] }],
    volumes: [{ name: 'ca', configMap: { name: 'kube-root-ca.crt' } }],
  },
};
