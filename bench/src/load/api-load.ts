import { type ApiAddress, HttpClient } from '@gantry/e2e/testbed/http-client';
import { inParallel, percentile } from './statistics.ts';

export interface ApiLoadOptions {
  readonly nodes: number;
  readonly pods: number;
  /** Creates in flight. */
  readonly concurrency: number;
  /** Watches of all pods beside the one that tells when a pod is bound. */
  readonly watchers: number;
}

/** What the load saw; times in milliseconds, rates a second. */
export interface ApiLoadResult {
  readonly createPerSecond: number;
  readonly createP50: number;
  readonly boundPerSecond: number;
  readonly createToBoundP50: number;
  readonly watchDeliveryP50: number;
  readonly listP50: number;
  readonly listBytes: number;
  readonly getP50: number;
}

const namespace = 'bench';
const boundTimeoutMs = 300_000;

/**
 * Fake nodes without agents (kept Ready by a long Lease), then pods created as fast as answers come, until an outside
 * watcher has seen every pod bound. Durable: a create is answered after the commit. Objects are removed at the end.
 */
export async function runApiLoad(address: ApiAddress, options: ApiLoadOptions): Promise<ApiLoadResult> {
  const client = new HttpClient(address, options.concurrency);
  await client.must('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  await inParallel(options.nodes, options.concurrency, (i) => createNode(client, i));
  try {
    return { ...(await createPods(client, options)), ...(await readPods(client, options)) };
  } finally {
    await inParallel(options.pods, options.concurrency, async (i) => {
      await client.send('DELETE', `/api/v1/namespaces/${namespace}/pods/p-${i}?gracePeriodSeconds=0`);
    });
    await inParallel(options.nodes, options.concurrency, async (i) => {
      await client.send('DELETE', `/api/v1/nodes/bench-${i}`);
      await client.send('DELETE', `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/bench-${i}`);
    });
    await client.send('DELETE', `/api/v1/namespaces/${namespace}`);
    client.close();
  }
}

/** A fake node without an agent, kept Ready by a long Lease. */
export async function createNode(client: HttpClient, i: number): Promise<void> {
  const name = `bench-${i}`;
  const now = new Date().toISOString();
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'topology.kubernetes.io/zone': `z${i % 3}`,
  };
  const size = { cpu: '32', memory: '256Gi', pods: '110' };
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'Bench',
    message: 'no agent',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  await client.must('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } });
  const status = { capacity: size, allocatable: size, conditions: [ready] };
  await client.must('PATCH', `/api/v1/nodes/${name}/status`, { status }, 'application/merge-patch+json');
  await client.must('POST', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease' },
    spec: { holderIdentity: name, leaseDurationSeconds: 600, renewTime: now.replace('Z', '000Z') },
  });
}

async function createPods(client: HttpClient, options: ApiLoadOptions) {
  const { pods, concurrency, watchers } = options;
  const createdAt = new Map<string, number>();
  const boundAt = new Map<string, number>();
  const deliveries: number[] = [];
  const allBound = Promise.withResolvers<void>();
  const path = `/api/v1/namespaces/${namespace}/pods?watch=1`;
  const stops = [
    client.watch(path, ({ object }) => {
      if (!object.spec?.nodeName || boundAt.has(object.metadata.name)) return;
      boundAt.set(object.metadata.name, performance.now());
      if (boundAt.size === pods) allBound.resolve();
    }),
    ...Array.from({ length: watchers }, () =>
      client.watch(path, ({ type, object }) => {
        const at = createdAt.get(object.metadata.name);
        if (type === 'ADDED' && at !== undefined) deliveries.push(performance.now() - at);
      }),
    ),
  ];
  // The watches must be established before the first pod, or their first events would count as late.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const latencies: number[] = [];
  const startedAt = performance.now();
  await inParallel(pods, concurrency, async (i) => {
    const at = performance.now();
    createdAt.set(`p-${i}`, at);
    await client.must('POST', `/api/v1/namespaces/${namespace}/pods`, podNamed(`p-${i}`));
    latencies.push(performance.now() - at);
  });
  const createdSeconds = (performance.now() - startedAt) / 1000;
  const timer = setTimeout(
    () => allBound.reject(new Error(`${boundAt.size} of ${pods} pods were bound in time`)),
    boundTimeoutMs,
  );
  await allBound.promise;
  clearTimeout(timer);
  for (const stop of stops) stop();
  const boundSeconds = (Math.max(...boundAt.values()) - startedAt) / 1000;
  return {
    createPerSecond: pods / createdSeconds,
    createP50: percentile(latencies, 0.5),
    boundPerSecond: pods / boundSeconds,
    createToBoundP50: percentile(
      [...boundAt].map(([name, at]) => at - (createdAt.get(name) ?? at)),
      0.5,
    ),
    watchDeliveryP50: percentile(deliveries, 0.5),
  };
}

/** A small pod that is never started. */
export function podNamed(name: string) {
  const resources = { requests: { cpu: '100m', memory: '64Mi' } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'bench' } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'c', image: 'pause', resources }],
    },
  };
}

async function readPods(client: HttpClient, options: ApiLoadOptions) {
  const lists: number[] = [];
  let listBytes = 0;
  for (let i = 0; i < 10; i += 1) {
    const at = performance.now();
    listBytes = (await client.must('GET', `/api/v1/namespaces/${namespace}/pods`)).text.length;
    lists.push(performance.now() - at);
  }
  const gets: number[] = [];
  for (let i = 0; i < 200; i += 1) {
    const at = performance.now();
    await client.must('GET', `/api/v1/namespaces/${namespace}/pods/p-${(i * 7) % options.pods}`);
    gets.push(performance.now() - at);
  }
  return { listP50: percentile(lists, 0.5), listBytes, getP50: percentile(gets, 0.5) };
}
