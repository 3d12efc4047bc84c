/**
 * `npm run screenshots`: the pictures of the README, taken in a real browser from a real cluster: while a Deployment
 * scales from 3 to 30 replicas, and after a node's agent and containers were killed.
 */
import { mkdir } from 'node:fs/promises';
import type { Pod } from '@gantry/api-types';
import type { Page } from 'playwright-core';
import { dashboardLink, launchBrowser } from './testbed/dashboard-page.ts';
import type { HttpClient } from './testbed/http-client.ts';
import { buildBusyboxImage, openEngine } from './testbed/images.ts';
import { LocalCluster, repositoryRoot } from './testbed/local-cluster.ts';

const image = 'gantry-demo/worker:1';
const imagesDir = `${repositoryRoot}docs/images`;
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const deadlineMs = 90_000;

await mkdir(imagesDir, { recursive: true });
await buildBusyboxImage(openEngine(), image);
await using cluster = await LocalCluster.start(['--node-cpu', '2', '--node-memory', '4Gi']);
const browser = await launchBrowser();
const client = cluster.client();
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });
  await page.goto(dashboardLink(cluster.output));
  await client.must('POST', deployments, worker(3));
  await waitForRunning(client, 3);
  await page.getByRole('link', { name: /worker 3\/3 ready/ }).click();
  await scale(30);
  // In the middle of it: some run, some start.
  await waitForRunning(client, 14);
  await shoot(page, 'scaling');
  await waitForRunning(client, 30);
  await killNode('node-3');
  await waitForNodeDown('node-3');
  await waitForRunning(client, 30, 'node-3');
  // The page, too: every replacement runs, and the lines to them are drawn.
  await page.locator('.notice', { hasText: /evicted: \d+ run elsewhere\./ }).waitFor();
  await page.locator('[data-arcs]').waitFor({ state: 'attached' });
  await shoot(page, 'node-death');
} finally {
  client.close();
  await browser.close();
}

function worker(replicas: number) {
  const labels = { app: 'worker' };
  const resources = { requests: { cpu: '100m', memory: '96Mi' }, limits: { cpu: '300m', memory: '128Mi' } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'worker' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image, resources }] } },
    },
  };
}

async function scale(replicas: number): Promise<void> {
  await client.must('PATCH', `${deployments}/worker/scale`, { spec: { replicas } }, 'application/merge-patch+json');
}

async function waitForRunning(api: HttpClient, count: number, butNotOn?: string): Promise<void> {
  await until(async () => {
    const { items } = await api.json<{ items: Pod[] }>('/api/v1/namespaces/default/pods?labelSelector=app%3Dworker');
    return items.filter((pod) => pod.status.phase === 'Running' && pod.spec.nodeName !== butNotOn).length >= count;
  });
}

async function waitForNodeDown(name: string): Promise<void> {
  await until(async () => {
    const node = await client.json<{ status: { conditions: { type: string; status: string }[] } }>(
      `/api/v1/nodes/${name}`,
    );
    return node.status.conditions.some(({ type, status }) => type === 'Ready' && status !== 'True');
  });
}

async function killNode(name: string): Promise<void> {
  const { cluster: label, nodes } = await cluster.state();
  process.kill(nodes.find((node) => node.name === name)?.process.pid ?? 0, 'SIGKILL');
  const docker = openEngine();
  const containers = await docker.listContainers({
    filters: { label: [`io.gantry.cluster=${label}`, `io.gantry.node=${name}`] },
  });
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).kill()));
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${imagesDir}/${name}.png` });
  console.log(`docs/images/${name}.png`);
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await isDone())) {
    if (Date.now() > deadline) throw new Error(`not done within ${deadlineMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
