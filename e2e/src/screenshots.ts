/**
 * `npm run screenshots`: the pictures of the documents, taken in a real browser. Every view of docs/dashboard.md in both
 * themes on the make-believe cluster, then those of a real one: while a Deployment scales from 3 to 30 replicas, what one
 * of its containers is made of, a terminal in it, and a node whose agent and containers were killed. A word after `--`
 * (`mock`, `cluster`) takes one part only, further ones name views.
 */
import type { Pod } from '@gantry/api-types';
import type { Browser } from 'playwright-core';
import { MockCluster } from './screenshots/mock-cluster.ts';
import { readyTiles, type View, views } from './screenshots/mock-views.ts';
import { shoot, shootBoth, viewport } from './screenshots/shoot.ts';
import { dashboardLink, launchBrowser } from './testbed/dashboard-page.ts';
import type { HttpClient } from './testbed/http-client.ts';
import { buildBusyboxImage, openEngine } from './testbed/images.ts';
import { LocalCluster } from './testbed/local-cluster.ts';

const image = 'gantry-demo/worker:1';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const deadlineMs = 90_000;

const [part, ...named] = process.argv.slice(2);
const browser = await launchBrowser();
const missed: string[] = [];
try {
  if (part !== 'cluster') for (const view of views) if (isWanted(view.name)) await shootView(browser, view);
  if (part !== 'mock') await shootCluster(browser);
} finally {
  await browser.close();
}
if (missed.length > 0) throw new Error(`without their pictures: ${missed.join(', ')}`);

function isWanted(name: string): boolean {
  return named.length === 0 || named.includes(name);
}

/** One that cannot be reached does not keep the others from being taken. */
async function shootView(
  on: Browser,
  { name, cluster: args = [], path = '/', ready = 15, reach }: View,
): Promise<void> {
  await using mock = await MockCluster.start(['--speed', '4', '--scene', 'demo', ...args]);
  const context = await on.newContext({ viewport });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  try {
    await page.goto(mock.url + path);
    if (ready > 0) await readyTiles(page, ready);
    await reach?.(page, mock);
    await shootBoth(page, name);
  } catch (failure) {
    console.error(`${name}: ${failure instanceof Error ? failure.message : String(failure)}`);
    missed.push(name);
  } finally {
    await context.close();
  }
}

async function shootCluster(on: Browser): Promise<void> {
  await buildBusyboxImage(openEngine(), image);
  await using cluster = await LocalCluster.start(['--node-cpu', '2', '--node-memory', '4Gi']);
  const client = cluster.client();
  try {
    const page = await on.newPage({ viewport, colorScheme: 'dark' });
    await page.goto(dashboardLink(cluster.output));
    await client.must('POST', deployments, worker(3));
    await waitForRunning(client, 3);
    await page.getByRole('link', { name: /worker 3\/3 ready/ }).click();
    await scale(client, 30);
    // In the middle of it: some run, some start.
    await waitForRunning(client, 14);
    await shoot(page, 'scaling');
    await waitForRunning(client, 30);
    await page
      .locator('.fleet')
      .getByRole('link', { name: /, worker,/ })
      .first()
      .click();
    await page.locator('#tab-anatomy').click();
    await page.locator('[data-fact="cpu.max"], [data-fact="cpu.cfs_quota_us"]').first().waitFor();
    await shootBoth(page, 'anatomy');
    await page.locator('#tab-terminal').click();
    await page.locator('[data-terminal="open"]').waitFor();
    await page.keyboard.type('hostname; cat /proc/loadavg; ps\r');
    await page.locator('.xterm-rows').filter({ hasText: 'PID' }).waitFor();
    await shootBoth(page, 'terminal');
    await page.goto(new URL('/deployment/default/worker', page.url()).href);
    await page.emulateMedia({ colorScheme: 'dark' });
    await killNode(cluster, 'node-3');
    await waitForNodeDown(client, 'node-3');
    await waitForRunning(client, 30, 'node-3');
    // The page, too: every replacement runs, and the lines to them are drawn.
    await page.locator('.notice', { hasText: /evicted: \d+ run elsewhere\./ }).waitFor();
    await page.locator('[data-arcs]').waitFor({ state: 'attached' });
    await shoot(page, 'node-death');
  } finally {
    client.close();
  }
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

async function scale(client: HttpClient, replicas: number): Promise<void> {
  await client.must('PATCH', `${deployments}/worker/scale`, { spec: { replicas } }, 'application/merge-patch+json');
}

async function waitForRunning(api: HttpClient, count: number, butNotOn?: string): Promise<void> {
  await until(async () => {
    const { items } = await api.json<{ items: Pod[] }>('/api/v1/namespaces/default/pods?labelSelector=app%3Dworker');
    return items.filter((pod) => pod.status.phase === 'Running' && pod.spec.nodeName !== butNotOn).length >= count;
  });
}

async function waitForNodeDown(client: HttpClient, name: string): Promise<void> {
  await until(async () => {
    const node = await client.json<{ status: { conditions: { type: string; status: string }[] } }>(
      `/api/v1/nodes/${name}`,
    );
    return node.status.conditions.some(({ type, status }) => type === 'Ready' && status !== 'True');
  });
}

async function killNode(cluster: LocalCluster, name: string): Promise<void> {
  const { cluster: label, nodes } = await cluster.state();
  process.kill(nodes.find((node) => node.name === name)?.process.pid ?? 0, 'SIGKILL');
  const docker = openEngine();
  const containers = await docker.listContainers({
    filters: { label: [`io.gantry.cluster=${label}`, `io.gantry.node=${name}`] },
  });
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).kill()));
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await isDone())) {
    if (Date.now() > deadline) throw new Error(`not done within ${deadlineMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
