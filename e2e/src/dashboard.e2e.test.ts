import type { Deployment, Node, Pod, Rebalance } from '@gantry/api-types';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  apiRail,
  DashboardPage,
  dashboardLink,
  launchBrowser,
  podLines,
  type RailNumbers,
} from './testbed/dashboard-page.ts';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { repositoryRoot, runCommand } from './testbed/local-cluster.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady } from './testbed/pods.ts';

const docker = openEngine();
const image = 'gantry-e2e/dashboard:1';
const podsPath = '/api/v1/namespaces/default/pods';
const deploymentsPath = '/apis/apps/v1/namespaces/default/deployments';
const eventually = { timeout: 60_000, interval: 100 };

/** The page as an operator uses it, against a cluster that really runs; the tests build on one another. */
describe('the dashboard of a local cluster', () => {
  let testCluster: LocalTestCluster;
  let browser: Browser;
  let dashboard: DashboardPage;

  beforeAll(async () => {
    await buildBusyboxImage(docker, image);
    testCluster = await LocalTestCluster.start(['--no-demo', '--node-cpu', '2', '--node-memory', '4Gi']);
    browser = await launchBrowser();
    await testCluster.client.must('POST', deploymentsPath, worker(3));
    await waitForReady(3);
    dashboard = new DashboardPage(await browser.newPage({ viewport: { width: 1440, height: 900 } }));
    await dashboard.page.goto(dashboardLink(testCluster.cluster.output));
  });

  afterAll(async () => {
    await browser?.close();
    await testCluster?.stop();
    await removeImages(docker, [image]);
  });

  it('opens by the printed link and is live', async () => {
    await vi.waitFor(async () => expect(await liveMark()).toBe('Live'), eventually);
    await vi.waitFor(async () => expect(await dashboard.tiles('worker', 'ready').count()).toBe(3), eventually);
    expect(await dashboard.page.getByRole('article').count()).toBe(3);
  });

  it('scales a Deployment with its own control', async () => {
    const { page } = dashboard;
    await page.getByRole('link', { name: /worker 3\/3 ready/ }).click();
    await page.getByLabel('Replicas', { exact: true }).fill('12');
    await page.getByRole('button', { name: 'Apply' }).click();
    await vi.waitFor(async () => expect(await dashboard.tiles('worker', 'ready').count()).toBe(12), eventually);
    await vi.waitFor(async () => {
      expect(await page.locator('[data-progress]').textContent()).toContain('12 of 12 ready');
      expect(await page.locator('[data-phase="ready"]').textContent()).toBe('12');
    }, eventually);
    const pods = await waitForReady(12);
    expect(pods.every((pod) => pod.status.phase === 'Running')).toBe(true);
  });

  it('shows the sums of the API on every node, to 1m cpu and 1Mi', async () => {
    const nodes = (await testCluster.client.json<{ items: Node[] }>('/api/v1/nodes')).items;
    const pods = await allPods();
    expect(nodes).toHaveLength(3);
    await vi.waitFor(async () => {
      for (const node of nodes) {
        const { name } = node.metadata;
        expectSameSums(await dashboard.rail(name, 'CPU'), apiRail(node, pods, 'cpu'));
        expectSameSums(await dashboard.rail(name, 'Memory'), apiRail(node, pods, 'memory'));
      }
    }, eventually);
  });

  it('says why a pod waits, and what each node lacks for it', async () => {
    const resources = { requests: { cpu: '8', memory: '64Mi' } };
    const spec = { containers: [{ name: 'main', image, resources }] };
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'giant' }, spec };
    await testCluster.client.must('POST', podsPath, body);
    const tray = dashboard.page.getByRole('region', { name: 'Pending pods' });
    await tray.getByRole('button', { name: /Not enough CPU/ }).click();
    const grid = tray.locator('[data-grid="refusals"]');
    await grid.waitFor();
    expect(await tray.textContent()).toContain('0/3 nodes are available: 3 Insufficient cpu.');
    const rows = await grid.locator('tbody tr').allTextContents();
    expect(rows.map((row) => row.slice(0, 6)).toSorted()).toEqual(['node-1', 'node-2', 'node-3']);
    expect(await grid.locator('thead').textContent()).toMatch(/CPU/);
    for (const row of rows) expect(row).toMatch(/needs 8, [\d.]+m? free, short [\d.]+/);
    await testCluster.client.must('DELETE', `${podsPath}/giant`);
    await vi.waitFor(async () => expect(await tray.textContent()).toContain('Every pod has a node.'), eventually);
  });

  it('cordons and uncordons a node', async () => {
    const card = dashboard.card('node-1');
    await card.getByRole('button', { name: 'Cordon node-1', exact: true }).click();
    await card.getByText('Cordoned').waitFor();
    expect((await getNode('node-1')).spec?.unschedulable).toBe(true);
    await card.getByRole('button', { name: 'Uncordon node-1' }).click();
    await vi.waitFor(async () => expect(await card.getByText('Cordoned').count()).toBe(0), eventually);
    expect((await getNode('node-1')).spec?.unschedulable).toBeUndefined();
  });

  it('follows logs, runs a shell and applies YAML, each in the real cluster', async () => {
    const { page } = dashboard;
    const origin = new URL(page.url()).origin;
    const command = ['/bin/sh', '-c', 'i=0; while true; do i=$((i+1)); echo line $i; sleep 1; done'];
    const spec = { containers: [{ name: 'main', image, command }], terminationGracePeriodSeconds: 0 };
    const labels = { app: 'talker' };
    for (const name of ['talker-1', 'talker-2']) {
      await testCluster.client.must('POST', podsPath, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, labels },
        spec,
      });
    }
    await testCluster.waitFor<Pod>('talkers run', `${podsPath}?labelSelector=app%3Dtalker`, (pods) =>
      pods.every(isPodReady),
    );
    await page.goto(`${origin}/pod/default/talker-1?tab=logs`);
    await page
      .locator('.log-text')
      .filter({ hasText: /^line 3$/ })
      .waitFor();
    await page.getByRole('tab', { name: 'Terminal' }).click();
    await page.locator('[data-terminal="open"]').waitFor();
    await page.keyboard.type('echo $((6*7)) is the answer; exit 3\r');
    await page.getByText('The shell has ended with exit code 3.').waitFor();
    expect(await page.locator('.xterm-rows').textContent()).toMatch(/42.is.the.answer/);
    await page.goto(`${origin}/deployment/default/worker?tab=yaml`);
    const editor = page.locator('.cm-content');
    await editor.focus();
    await page.keyboard.press('Control+a');
    const deployment = await testCluster.client.json<{ spec: object }>(`${deploymentsPath}/worker`);
    const wrong = { ...deployment, spec: { ...deployment.spec, replcias: 13 } };
    await page.keyboard.insertText(JSON.stringify(wrong, undefined, 1));
    await page.locator('.cm-lint-marker-error').first().waitFor();
    await page.keyboard.press('Control+a');
    const right = { ...deployment, spec: { ...deployment.spec, replicas: 13 } };
    await page.keyboard.insertText(JSON.stringify(right, undefined, 1));
    await page.getByRole('button', { name: 'Check and compare' }).click();
    await page.locator('[data-comparison] .cm-changedLine').filter({ hasText: 'replicas: 13' }).waitFor();
    expect(
      (await testCluster.client.json<{ spec: { replicas: number } }>(`${deploymentsPath}/worker`)).spec.replicas,
    ).toBe(12);
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('Deployment worker changed.').waitFor();
    await waitForReady(13);
    await testCluster.client.must('PATCH', `${deploymentsPath}/worker/scale`, { spec: { replicas: 12 } }, mergePatch);
    for (const name of ['talker-1', 'talker-2']) await testCluster.client.must('DELETE', `${podsPath}/${name}`);
    await testCluster.waitFor<Pod>(
      'talkers are gone',
      `${podsPath}?labelSelector=app%3Dtalker`,
      (pods) => pods.length === 0,
    );
    await waitForReady(12);
    await page.goto(origin);
    await vi.waitFor(async () => expect(await liveMark()).toBe('Live'), eventually);
  });

  it('offers no action over a read-only link, and a forged one is refused', async () => {
    const args = ['gantry', 'dashboard', '--read-only', '--data-dir', testCluster.cluster.dataDir];
    const { code, stdout, stderr } = await runCommand('npx', args, { cwd: repositoryRoot });
    expect(code, stderr).toBe(0);
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const reader = new DashboardPage(await context.newPage());
    await reader.page.goto(dashboardLink(stdout));
    await reader.page.getByText('read-only', { exact: true }).waitFor();
    await reader.page.getByRole('link', { name: /worker 12\/12 ready/ }).click();
    await reader.page.getByText(/This session is read-only/).waitFor();
    expect(await reader.page.getByRole('button', { name: /ordon/ }).count()).toBe(0);
    expect(await reader.page.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true);
    await reader.page.getByRole('tab', { name: 'Terminal' }).click();
    await reader.page.getByText('This session is read-only: it may not create pods/exec.').waitFor();
    const statuses = await reader.page.evaluate(() => {
      const forge = async (method: string, path: string, body: object) => {
        const headers = { 'content-type': 'application/merge-patch+json' };
        return (await fetch(`/k8s${path}`, { method, headers, body: JSON.stringify(body) })).status;
      };
      return Promise.all([
        forge('PATCH', '/apis/apps/v1/namespaces/default/deployments/worker', { spec: { replicas: 0 } }),
        forge('PATCH', '/api/v1/nodes/node-1', { spec: { unschedulable: true } }),
        forge('DELETE', '/api/v1/namespaces/default/pods', {}),
      ]);
    });
    expect(statuses).toEqual([403, 403, 403]);
    expect(await waitForReady(12)).toHaveLength(12);
    expect((await getNode('node-1')).spec?.unschedulable).toBeUndefined();
  });

  it('says that it is stale while the controller does not answer, and shows the exact state after', async () => {
    const { controller } = await testCluster.cluster.state();
    process.kill(controller.pid, 'SIGSTOP');
    try {
      await dashboard.page.getByRole('alert').filter({ hasText: 'Not live' }).waitFor();
      expect(await liveMark()).toMatch(/^Stale \d+ s$/);
      expect(await dashboard.page.getByRole('button', { name: /ordon/ }).count()).toBe(0);
    } finally {
      process.kill(controller.pid, 'SIGCONT');
    }
    await testCluster.client.must('PATCH', `${deploymentsPath}/worker/scale`, { spec: { replicas: 15 } }, mergePatch);
    await waitForReady(15);
    await vi.waitFor(async () => expect(await liveMark()).toBe('Live'), eventually);
    await expectExactState();
    await vi.waitFor(async () => expect(await dashboard.tiles('worker', 'ready').count()).toBe(15), eventually);
  });

  it('drains a node, and its pods run elsewhere', async () => {
    const { page } = dashboard;
    await testCluster.client.must('PATCH', `${deploymentsPath}/worker/scale`, { spec: { replicas: 6 } }, mergePatch);
    await waitForReady(6);
    const moving = (await podsOn('node-3')).length;
    expect(moving).toBeGreaterThan(0);
    await page.goto(`${origin()}/node/node-3`);
    await page.getByRole('button', { name: 'Drain…' }).click();
    const question = page.getByRole('region', { name: 'Drain node-3' });
    await question.getByText(`Drains ${count(moving, 'pod')}, all will move.`).waitFor();
    await question.getByRole('button', { name: 'Drain node-3' }).click();
    const progress = page.getByRole('region', { name: 'Drain of node-3' });
    await progress.getByText('Drained; the node stays cordoned').waitFor();
    await progress.getByText(`${moving} moved.`).waitFor();
    expect(await podsOn('node-3')).toEqual([]);
    expect((await getNode('node-3')).spec?.unschedulable).toBe(true);
    await waitForReady(6);
  });

  it('moves pods back onto it, one after the other', async () => {
    const { page } = dashboard;
    await dashboard.card('node-3').getByRole('button', { name: 'Uncordon node-3' }).click();
    await vi.waitFor(
      async () => expect(await dashboard.card('node-3').getByText('Cordoned').count()).toBe(0),
      eventually,
    );
    await page.getByRole('button', { name: 'Rebalance…' }).click();
    const panel = page.getByRole('region', { name: 'Rebalance' });
    await panel.getByRole('button', { name: /^Move \d pods?$/ }).click();
    await panel.getByText('Under way, one pod at a time').waitFor();
    const [done] = await testCluster.waitFor<Rebalance>(
      'the rebalance is over',
      '/apis/gantry.io/v1/rebalances',
      (found) => found.length === 1 && found[0]?.status.completionTime !== undefined,
    );
    expect(done?.status).toMatchObject({ phase: 'Completed', moved: done?.status.total });
    expect(await podsOn('node-3')).toHaveLength(done?.status.moved ?? 0);
    await waitForReady(6);
    await panel.getByRole('button', { name: 'Close' }).click();
    await expectExactState();
  });

  it('rolls a Deployment back', async () => {
    const { page } = dashboard;
    await testCluster.client.must('POST', deploymentsPath, patient(3));
    await waitForPatient(() => true);
    const env = [{ name: 'COLOUR', value: 'blue' }];
    const patch = { spec: { template: { spec: { containers: [{ name: 'main', image, env }] } } } };
    await testCluster.client.must('PATCH', `${deploymentsPath}/patient`, patch, strategicMergePatch);
    await page.goto(`${origin()}/deployment/default/patient`);
    const rollout = page.getByRole('region', { name: 'Rollout' });
    await rollout.getByText('Revision 2 is rolled out: 3 of 3 pods.').waitFor({ timeout: eventually.timeout });
    await rollout
      .locator('[data-revision="2"]')
      .getByText(/COLOUR/)
      .first()
      .waitFor();
    await rollout.getByRole('button', { name: 'Roll back to revision 1…' }).click();
    await rollout.getByRole('button', { name: 'Roll back to revision 1', exact: true }).click();
    await rollout.getByText('Revision 3 is rolled out: 3 of 3 pods.').waitFor({ timeout: eventually.timeout });
    const { spec } = await testCluster.client.json<Deployment>(`${deploymentsPath}/patient`);
    expect(spec.template.spec?.containers[0]?.env).toBeUndefined();
    await waitForPatient((pod) => pod.spec.containers[0]?.env === undefined);
  });

  it('shows a node die: NotReady, its pods as ghosts, their replacements elsewhere', async () => {
    const lost = (await podsOn('node-3')).length;
    const waiting = (await podsOn('node-3')).filter(({ metadata }) => metadata.name.startsWith('patient-')).length;
    expect(lost).toBeGreaterThan(waiting);
    expect(waiting).toBeGreaterThan(0);
    await killNode('node-3');
    const card = dashboard.card('node-3');
    await card.getByText('NotReady').waitFor({ timeout: eventually.timeout });
    // Those that would wait five minutes: first half a minute only, then not at all.
    const loss = dashboard.page.locator('[data-loss="node-3"]');
    await loss.filter({ hasText: /pods? evicted in 4 min/ }).waitFor();
    await loss.getByRole('button', { name: 'Wait 30 s only' }).click();
    await loss.filter({ hasText: /pods? evicted in \d+ s\./ }).waitFor();
    const patience = (await podsOn('node-3')).flatMap(({ spec }) => spec.tolerations?.map((t) => t.tolerationSeconds));
    expect(new Set(patience)).toEqual(new Set([30]));
    await loss.getByRole('button', { name: 'Evict now' }).click();
    const words = `Its ${lost} pods were evicted: ${lost} run elsewhere.`;
    await vi.waitFor(async () => expect(await card.textContent()).toContain(words), eventually);
    expect(await card.textContent()).toMatch(/last seen \d+ (s|min)( \d+ s)? ago/);
    expect(await card.locator('[data-evicted]').count()).toBe(lost);
    const arcs = dashboard.page.locator('[data-arcs] path');
    await vi.waitFor(async () => expect(await arcs.count()).toBe(lost), eventually);
    await vi.waitFor(async () => expect(await dashboard.tiles('worker', 'ready').count()).toBe(6), eventually);
    await vi.waitFor(async () => expect(await dashboard.tiles('patient', 'ready').count()).toBe(3), eventually);
    await expectExactState();
    const totals = dashboard.page.locator('[data-totals]');
    await vi.waitFor(async () => expect(await totals.textContent()).toContain('2 of 3'), eventually);
  });

  /** That the page shows each pod of the API where it is, and no other. */
  function expectExactState(): Promise<void> {
    return vi.waitFor(async () => {
      expect(await dashboard.shownPods()).toEqual(podLines(await allPods()));
    }, eventually);
  }

  async function allPods(): Promise<readonly Pod[]> {
    return (await testCluster.client.json<{ items: Pod[] }>('/api/v1/pods')).items;
  }

  async function podsOn(node: string): Promise<readonly Pod[]> {
    return (await allPods()).filter(({ spec }) => spec.nodeName === node);
  }

  function origin(): string {
    return new URL(dashboard.page.url()).origin;
  }

  function waitForPatient(isWanted: (pod: Pod) => boolean): Promise<readonly Pod[]> {
    return testCluster.waitFor<Pod>(
      '3 patient pods are Ready',
      `${podsPath}?labelSelector=app%3Dpatient`,
      (pods) => pods.length === 3 && pods.every((pod) => isPodReady(pod) && isWanted(pod)),
    );
  }

  function getNode(name: string): Promise<Node> {
    return testCluster.client.json<Node>(`/api/v1/nodes/${name}`);
  }

  function waitForReady(count: number): Promise<readonly Pod[]> {
    return testCluster.waitFor<Pod>(
      `${count} pods are Ready`,
      `${podsPath}?labelSelector=app%3Dworker`,
      (pods) => pods.length === count && pods.every(isPodReady),
    );
  }

  async function liveMark(): Promise<string> {
    return (await dashboard.page.locator('[data-live]').textContent()) ?? '';
  }

  /** As if the host lost power: the agent and every container at once. */
  async function killNode(name: string): Promise<void> {
    const { cluster, nodes } = await testCluster.cluster.state();
    const pid = nodes.find((node) => node.name === name)?.process.pid;
    if (pid === undefined) throw new Error(`${name} has no agent in cluster.json`);
    process.kill(pid, 'SIGKILL');
    const filters = { label: [`io.gantry.cluster=${cluster}`, `io.gantry.node=${name}`] };
    const containers = await docker.listContainers({ filters });
    await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).kill()));
  }
});

const mergePatch = 'application/merge-patch+json';
const strategicMergePatch = 'application/strategic-merge-patch+json';

function expectSameSums(shown: RailNumbers, summed: RailNumbers): void {
  for (const key of ['requested', 'limits', 'allocatable'] as const)
    expect(Math.abs(shown[key] - summed[key]), `${key}: ${shown[key]}, by the API ${summed[key]}`).toBeLessThanOrEqual(
      1,
    );
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** One on each node, where they stay for five minutes after it is lost, as with Kubernetes' own defaults. */
function patient(replicas: number) {
  const deployment = worker(replicas);
  const { template } = deployment.spec;
  const labels = { app: 'patient' };
  const tolerations = ['not-ready', 'unreachable'].map((what) => ({
    key: `node.kubernetes.io/${what}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  }));
  const spread = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labels },
  };
  return {
    ...deployment,
    metadata: { name: 'patient' },
    spec: {
      replicas,
      // One after the other, so that each finds its node empty of them.
      strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { ...template.spec, tolerations, topologySpreadConstraints: [spread] },
      },
    },
  };
}

function worker(replicas: number) {
  const labels = { app: 'worker' };
  const resources = { requests: { cpu: '105m', memory: '97Mi' }, limits: { cpu: '310m', memory: '131Mi' } };
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
