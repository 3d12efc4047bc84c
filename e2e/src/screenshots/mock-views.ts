import type { Page } from 'playwright-core';
import type { MockCluster } from './mock-cluster.ts';

/** A view of the page and how an operator comes to it. */
export interface View {
  readonly name: string;
  /** Arguments of the make-believe cluster. */
  readonly cluster?: readonly string[];
  readonly path?: string;
  /** Pods that are Ready before anything else happens: those of the scene. */
  readonly ready?: number;
  readonly reach?: (page: Page, cluster: MockCluster) => Promise<void>;
}

const web = '/deployment/default/web';
const six = ['--nodes', '6'];

/** Every view of docs/dashboard.md that needs no real cluster. */
export const views: readonly View[] = [
  { name: 'fleet', cluster: [...six, '--scene', 'demo,kinds'] },
  { name: 'lens-used', path: '/?lens=used', reach: (page, cluster) => noisy(page, cluster) },
  { name: 'lens-limits', path: '/?lens=limits' },
  {
    name: 'lens-density',
    path: '/?lens=density',
    reach: (page) =>
      page
        .getByText(/per core/)
        .first()
        .waitFor(),
  },
  { name: 'lens-vms', path: '/?lens=vms', reach: (page) => page.locator('[data-hosts="VMs"]').waitFor() },
  { name: 'scale-preview', path: web, reach: (page) => previewScale(page) },
  { name: 'scale-progress', cluster: ['--speed', '0.2'], path: web, reach: scaleProgress },
  { name: 'placement', reach: (page) => placement(page) },
  { name: 'pending', reach: pending },
  { name: 'pending-start', reach: stuck },
  { name: 'node-loss', cluster: ['--toleration', '300'], reach: lose },
  { name: 'node-loss-moved', cluster: ['--toleration', '300'], reach: loseAndMove },
  { name: 'node-back', reach: back },
  { name: 'drain-question', path: '/node/node-2', reach: askDrain },
  { name: 'drain', path: '/node/node-2', reach: drain },
  { name: 'rollout', path: web, reach: rollOut },
  { name: 'replay', path: web, reach: replay },
  { name: 'what-changed', reach: whatChanged },
  { name: 'logs', path: `${web}?tab=logs`, reach: logs },
  { name: 'terminal', reach: terminal },
  { name: 'yaml', path: `${web}?tab=yaml`, reach: (page) => compareYaml(page) },
  { name: 'yaml-check', path: `${web}?tab=yaml`, reach: (page) => checkYaml(page) },
  {
    name: 'events',
    path: `${web}?tab=events`,
    reach: (page) =>
      page
        .getByText(/Created pod: web-/)
        .first()
        .waitFor(),
  },
  {
    name: 'usage',
    path: '/node/node-1?tab=usage',
    reach: (page) => page.locator('[data-chart="CPU"] canvas').waitFor(),
  },
  { name: 'autoscaler', reach: autoscaler },
  {
    name: 'services',
    path: '/?services=default%2Fweb',
    reach: (page) =>
      page
        .getByText(/^\d\S*\/s$/)
        .first()
        .waitFor(),
  },
  { name: 'what-if', reach: whatIf },
  { name: 'rebalance', reach: rebalance },
  { name: 'anatomy', reach: anatomy },
  { name: 'palette', reach: palette },
  { name: 'help', reach: (page) => help(page) },
  { name: 'tour', reach: (page) => tour(page) },
  { name: 'table', path: '/?view=table', cluster: six, ready: 0, reach: (page) => table(page) },
  { name: 'presenter', path: '/?present=1', cluster: six },
  { name: 'pools', path: '/?group=pool', cluster: six },
  { name: 'dense', cluster: ['--nodes', '60', '--scene', 'fill-20'], ready: 0, reach: dense },
  { name: 'stale', reach: stale },
];

async function noisy(page: Page, cluster: MockCluster): Promise<void> {
  await cluster.play('noisy');
  await page.locator('.tile-badge').first().waitFor();
}

async function previewScale(page: Page): Promise<void> {
  await page.locator('#replicas').fill('60');
  await page.locator('[data-preview-waits]').waitFor();
}

async function scaleProgress(page: Page): Promise<void> {
  await page.locator('#replicas').fill('30');
  await page.getByRole('button', { name: 'Apply 30', exact: true }).click();
  await page.locator('.fleet .tile-starting').first().waitFor();
}

async function placement(page: Page): Promise<void> {
  await page
    .locator('.fleet')
    .getByRole('link', { name: /, cache,/ })
    .first()
    .click();
  await page.locator('[data-grid="scores"]').scrollIntoViewIfNeeded();
}

async function pending(page: Page, cluster: MockCluster): Promise<void> {
  await cluster.play('pending');
  await page.getByRole('button', { name: /Not enough CPU/ }).click();
  await page.locator('[data-fix]').first().waitFor();
}

async function stuck(page: Page, cluster: MockCluster): Promise<void> {
  await cluster.play('missing-image');
  await page.locator('[data-stuck-group] summary').click();
  await page
    .getByText(/manifest unknown/)
    .first()
    .waitFor();
}

async function lose(page: Page, cluster: MockCluster): Promise<void> {
  await cluster.scale('web', 18);
  await readyTiles(page, 30);
  await cluster.play('kill-node');
  await page.locator('[data-loss]').filter({ hasText: 'evicted in' }).waitFor();
}

async function loseAndMove(page: Page, cluster: MockCluster): Promise<void> {
  await lose(page, cluster);
  await page.getByRole('button', { name: 'Evict now' }).click();
  await page
    .locator('[data-loss]')
    .filter({ hasText: /\d moved/ })
    .waitFor();
  await page.locator('[data-arcs]').waitFor({ state: 'attached' });
}

async function back(page: Page, cluster: MockCluster): Promise<void> {
  await cluster.play('kill-node');
  await page
    .locator('[data-loss]')
    .filter({ hasText: /\d moved/ })
    .waitFor();
  await readyTiles(page, 15);
  await cluster.play('revive-node');
  await page.getByText(/moved back automatically/).waitFor();
}

const budget = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web' },
  spec: { minAvailable: 3, selector: { matchLabels: { app: 'web' } } },
};

async function askDrain(page: Page, cluster: MockCluster): Promise<void> {
  await cluster.call('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', budget);
  await page.keyboard.press('d');
  await page
    .getByText(/There is room|would wait/)
    .first()
    .waitFor();
}

async function drain(page: Page, cluster: MockCluster): Promise<void> {
  await askDrain(page, cluster);
  await page.getByRole('button', { name: 'Drain node-2' }).click();
  await page.getByText(/\d moved, \d cannot move/).waitFor();
}

async function rollOut(page: Page, cluster: MockCluster): Promise<void> {
  await cluster.play('roll-out');
  const rollout = page.getByRole('region', { name: 'Rollout' });
  await rollout.getByText(/Revision 2 is rolled out/).waitFor();
  await rollout.getByText(/registry.test\/web:1.4 → /).waitFor();
  await page.locator('.inspector').evaluate((element) => element.scrollTo(0, 150));
}

async function replay(page: Page, cluster: MockCluster): Promise<void> {
  await cluster.scale('web', 9);
  await readyTiles(page, 21);
  await cluster.play('kill-node');
  await page
    .locator('[data-loss]')
    .filter({ hasText: /\d moved/ })
    .waitFor();
  await page.keyboard.press('{');
  await page.keyboard.press('{');
  await page.locator('[data-past="viewing"]').waitFor();
}

async function whatChanged(page: Page, cluster: MockCluster): Promise<void> {
  await page.getByRole('button', { name: /^Pin / }).click();
  await cluster.scale('web', 9);
  await cluster.play('roll-out');
  await readyTiles(page, 21);
  await page.getByRole('button', { name: /^What changed since/ }).click();
  await page
    .getByRole('dialog')
    .getByText(/replicas 3 → 9/)
    .waitFor();
}

async function logs(page: Page, cluster: MockCluster): Promise<void> {
  await page.locator('.log-row').nth(20).waitFor();
  await cluster.play('crash');
  await page.locator('[data-marker="restart"]').waitFor();
}

async function terminal(page: Page): Promise<void> {
  await openPod(page, 'terminal');
  await page.locator('[data-terminal="open"]').waitFor();
  await page.keyboard.type('help\recho it works\rsize\r');
  await page
    .locator('.xterm-rows')
    .filter({ hasText: /\d x \d/ })
    .waitFor();
}

/** The Deployment as JSON, which is YAML too, with a change. */
async function editYaml(page: Page, change: (text: string) => string): Promise<void> {
  const editor = page.locator('.cm-content').first();
  await editor.focus();
  const text = await page.evaluate(async () => {
    const answer = await fetch('/k8s/apis/apps/v1/namespaces/default/deployments/web');
    const { status: _, ...object } = (await answer.json()) as Record<string, unknown>;
    return JSON.stringify(object, undefined, 2);
  });
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(change(text));
}

async function compareYaml(page: Page): Promise<void> {
  await editYaml(page, (text) => text.replace(/"replicas": \d+/, '"replicas": 4').replace('web:1.4', 'web:1.5'));
  await page.getByRole('button', { name: 'Check and compare' }).click();
  await page.locator('[data-comparison] .cm-deletedChunk').first().waitFor();
}

async function checkYaml(page: Page): Promise<void> {
  await editYaml(page, (text) => text.replace('"replicas"', '"replcias"'));
  const mark = page.locator('.cm-lint-marker-error').first();
  await mark.waitFor();
  await page.locator('.cm-scroller').evaluate((element) => element.scrollTo(0, 0));
  await mark.hover();
  const hint = page.getByText(/did you mean "replicas"/);
  await hint.waitFor();
  // The editor puts it into the corner first, and beside the mark once it is measured.
  while (((await hint.boundingBox())?.y ?? 0) < 100) await page.waitForTimeout(50);
}

async function autoscaler(page: Page, cluster: MockCluster): Promise<void> {
  await cluster.play('autoscale');
  await page.goto(`${cluster.url}${web}?tab=usage`);
  await page.locator('[data-chart="Replicas"] canvas').waitFor();
}

async function whatIf(page: Page, cluster: MockCluster): Promise<void> {
  const reference = { kind: 'Deployment', namespace: 'default', name: 'web' };
  const changes = [
    { type: 'removeNode', node: 'node-2' },
    { type: 'scale', workload: reference, replicas: 40 },
    { type: 'addNodes', count: 1, cpu: '4', memory: '8Gi' },
  ];
  await page.goto(`${cluster.url}/?whatif=${encodeURIComponent(JSON.stringify(changes))}`);
  await page.locator('[data-preview-host]').waitFor();
}

async function rebalance(page: Page, cluster: MockCluster): Promise<void> {
  await back(page, cluster);
  await page.getByRole('button', { name: 'Preview rebalance' }).click();
  await page.locator('[data-rebalance-plan]').waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).click();
}

async function anatomy(page: Page): Promise<void> {
  await openPod(page, 'anatomy');
  await page.locator('[data-fact="cpu.max"]').first().waitFor();
}

async function palette(page: Page): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find an action or an object' }).waitFor();
  await page.keyboard.type('web');
}

async function help(page: Page): Promise<void> {
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
}

async function tour(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Tour', exact: true }).click();
  await page.locator('[data-tour-step]').first().waitFor();
}

async function table(page: Page): Promise<void> {
  await page.getByRole('table', { name: 'Pods' }).getByRole('link').nth(14).waitFor();
}

async function dense(page: Page): Promise<void> {
  await page.getByRole('img', { name: /20 pods on node-1;/ }).waitFor();
}

async function stale(page: Page, cluster: MockCluster): Promise<void> {
  await cluster.stop();
  await page.getByRole('alert').filter({ hasText: 'Not live' }).waitFor();
}

/** A pod of `cache` in one of the inspector's tabs. */
async function openPod(page: Page, tab: string): Promise<void> {
  await page
    .locator('.fleet')
    .getByRole('link', { name: /, cache,/ })
    .first()
    .click();
  await page.locator(`#tab-${tab}`).click();
}

/** Waits until so many tiles of the fleet are Ready, or more. */
export async function readyTiles(page: Page, count: number): Promise<void> {
  await page
    .locator('.fleet [data-state="ready"]')
    .nth(count - 1)
    .waitFor();
}
