import type { Simulation } from '@gantry/api-types';
import { HttpClient } from '@gantry/e2e/testbed/http-client';
import { LocalCluster } from '@gantry/e2e/testbed/local-cluster';
import { createNode, podNamed } from '../load/api-load.ts';
import { inParallel, percentile } from '../load/statistics.ts';
import type { Figure } from '../report.ts';

const nodes = 1_000;
const pods = 10_000;
const concurrency = 32;
const rounds = 5;
const namespace = '/api/v1/namespaces/default';

/** Simulations of a large cluster through the API, and how long other requests wait meanwhile. */
export async function benchSimulate(): Promise<Figure[]> {
  await using cluster = await LocalCluster.start(['--no-demo', '--nodes', '1']);
  const client = new HttpClient(cluster.address, concurrency);
  try {
    await fill(client);
    const questions = {
      'scale 100 to 600 replicas': [{ type: 'scale', workload: { kind: 'Deployment', name: 'web-0' }, replicas: 600 }],
      'lose a node of 10 pods': [{ type: 'removeNode', node: 'bench-1' }],
      'lose 20 nodes': Array.from({ length: 20 }, (_, index) => ({ type: 'removeNode', node: `bench-${index}` })),
      'other requests for 100 replicas': [
        { type: 'setRequests', workload: { kind: 'Deployment', name: 'web-1' }, requests: { cpu: '3' } },
      ],
    };
    const figures: Figure[] = [];
    for (const [what, changes] of Object.entries(questions)) {
      figures.push(...(await measure(client, `${nodes} nodes, ${pods} pods: ${what}`, changes)));
    }
    return figures;
  } finally {
    client.close();
  }
}

/** Deployments of 100 replicas, which the real controllers and scheduler bring onto nodes without agents. */
async function fill(client: HttpClient): Promise<void> {
  // The node with an agent would try to start what it is given.
  const cordon = { spec: { unschedulable: true } };
  await client.must('PATCH', '/api/v1/nodes/node-1', cordon, 'application/merge-patch+json');
  await inParallel(nodes, concurrency, (index) => createNode(client, index));
  await inParallel(pods / 100, concurrency, async (index) => {
    const name = `web-${index}`;
    const labels = { app: name };
    const { spec } = podNamed(name);
    const template = { metadata: { labels }, spec };
    const body = { replicas: 100, selector: { matchLabels: labels }, template };
    await client.must('POST', '/apis/apps/v1/namespaces/default/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: body,
    });
  });
  while ((await countBound(client)) < pods) await new Promise((resolve) => setTimeout(resolve, 1_000));
}

async function countBound(client: HttpClient): Promise<number> {
  const { text } = await client.must('GET', `${namespace}/pods?fieldSelector=spec.nodeName!=`);
  return (JSON.parse(text) as { items: unknown[] }).items.length;
}

async function measure(client: HttpClient, work: string, changes: unknown): Promise<Figure[]> {
  const answers: number[] = [];
  const scheduler: number[] = [];
  const stalls: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    let isOver = false;
    const probe = (async () => {
      while (!isOver) {
        const at = performance.now();
        await client.must('GET', '/api/v1/namespaces/default');
        stalls.push(performance.now() - at);
      }
    })();
    const at = performance.now();
    const body = { apiVersion: 'gantry.io/v1', kind: 'Simulation', spec: { changes, maxPlacements: 1_000 } };
    const { text } = await client.must('POST', '/apis/gantry.io/v1/simulations', body);
    answers.push(performance.now() - at);
    scheduler.push((JSON.parse(text) as Simulation).status?.durationMs ?? Number.NaN);
    isOver = true;
    await probe;
  }
  return [
    { work, value: percentile(answers, 0.5), unit: 'ms', promise: { max: 1_000 }, note: `median of ${rounds}` },
    {
      work: `${work}: longest wait of another request meanwhile`,
      value: Math.max(...stalls),
      unit: 'ms',
      promise: { max: 50 },
      note: `of them working ${Math.round(percentile(scheduler, 0.5))} ms`,
    },
  ];
}
