import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { expectNoViolations } from './axe.ts';
import { eventually, registerBrowser } from './browser.ts';

const open = registerBrowser();

const readyTiles = (page: Page): Promise<number> => page.locator('.fleet [data-state="ready"]').count();

/** Types into the command palette and takes the first that is found. */
async function command(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find an action or an object' }).waitFor();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

it('scales, reads logs and drains by keys alone', async () => {
  const { page, server, problems } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await command(page, 'deployment web');
  await page.getByRole('heading', { name: 'web', level: 2 }).waitFor();
  await page.keyboard.press('s');
  await page.locator('#replicas:focus').waitFor();
  await page.keyboard.type('5');
  await page.keyboard.press('Enter');
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(17), eventually);
  await page.keyboard.press('Escape');
  await command(page, 'show the logs');
  await page.getByRole('tab', { name: 'Logs', selected: true }).waitFor();
  await vi.waitFor(() => expect(new URL(page.url()).searchParams.get('tab')).toBe('logs'), eventually);
  await command(page, 'node node-2');
  await page.keyboard.press('d');
  const moving = server.fleet.podsOn('node-2').length;
  await page
    .locator('.drain-question:focus')
    .filter({ hasText: `Drains ${moving} pods, all will move.` })
    .waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Drained; the node stays cordoned').waitFor();
  expect(server.fleet.podsOn('node-2')).toEqual([]);
  expect(server.fleet.nodes.get('node-2')?.unschedulable).toBe(true);
  await vi.waitFor(async () => expect(await page.getByText(`${moving} moved.`).count()).toBe(1), eventually);
  expect(problems.filter((problem) => !problem.includes('WebSocket'))).toEqual([]);
});

it('takes what is typed while the palette is loaded for the palette, not for shortcuts', async () => {
  const { page, problems } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  await page.route('**/palette-dialog*.js', async (route) => {
    asked.resolve();
    await released.promise;
    await route.continue();
  });
  await page.keyboard.press('Control+k');
  await asked.promise;
  await page.keyboard.type('deploymentt web');
  for (let back = 0; back < 5; back += 1) await page.keyboard.press('Backspace');
  await page.keyboard.type(' web');
  await page.keyboard.press('Enter');
  released.resolve();
  await page.getByRole('heading', { name: 'web', level: 2 }).waitFor();
  expect(await page.locator('.fleet').count()).toBe(1);
  expect(problems).toEqual([]);
});

it('names what a budget holds before a drain, and while it waits for it', async () => {
  const { page, server } = await open({ path: '/node/node-2' });
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  const budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { minAvailable: 3, selector: { matchLabels: { app: 'web' } } },
  };
  const path = '/k8s/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  expect((await page.request.post(server.url + path, { data: budget })).ok()).toBe(true);
  await page.keyboard.press('d');
  const onNode = server.fleet.podsOn('node-2');
  const held = onNode.filter((pod) => pod.key.includes('/web-')).length;
  await page.getByText(`Drains ${onNode.length} pods, ${held} will not move.`).waitFor();
  const question = page.getByRole('region', { name: 'Drain node-2' });
  expect(await question.textContent()).toContain('The disruption budget web needs 3 healthy pods and has 3 currently');
  await expectNoViolations(page);
  await question.getByRole('button', { name: 'Drain node-2' }).click();
  const progress = page.getByRole('region', { name: 'Drain of node-2' });
  await progress.getByText(`${onNode.length - held} moved, ${held} cannot move.`).waitFor();
  server.fleet.scale('web', 4);
  await progress.getByText('Drained; the node stays cordoned').waitFor();
});

it('finds every object and action by some letters', async () => {
  const { page } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await command(page, 'node-3');
  await vi.waitFor(() => expect(page.url()).toContain('/node/node-3'), eventually);
  await command(page, 'group pool');
  await page.getByRole('region', { name: 'Pool large' }).waitFor();
  await command(page, 'lens limits');
  await vi.waitFor(() => expect(new URL(page.url()).searchParams.get('lens')).toBe('limits'), eventually);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find an action or an object' }).waitFor();
  await page.keyboard.type('pod database');
  const found = page.getByRole('listbox', { name: 'Actions and objects' }).getByRole('option');
  await vi.waitFor(async () => expect(await found.first().textContent()).toContain('default/database-'), eventually);
  await expectNoViolations(page);
  await page.keyboard.press('Escape');
  await vi.waitFor(async () => expect(await page.getByRole('combobox', { name: /Find/ }).count()).toBe(0), eventually);
});

it('does by the palette what buttons do, and asks where they ask', async () => {
  const { page, server, problems } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await command(page, 'service web');
  await page.locator('[data-endpoints="default/web"]').waitFor();
  await command(page, 'what if');
  await page.locator('#panel-whatif:focus').waitFor();
  await command(page, 'deployment web');
  await page.getByRole('heading', { name: 'web', level: 2 }).waitFor();
  await command(page, 'restart the workload');
  await page.locator('#rollout-restart:focus').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('Replaces all 3 pods of web, as its strategy allows.').waitFor();
  await command(page, 'pause or resume');
  await page.locator('#rollout-pause:focus').waitFor();
  await command(page, 'show the usage');
  await page.getByRole('tab', { name: 'Usage', selected: true }).waitFor();
  await command(page, 'pod database');
  await vi.waitFor(() => expect(page.url()).toContain('/pod/default/database-'), eventually);
  const [database = ''] = [...server.fleet.pods.keys()].filter((key) => key.includes('database'));
  await command(page, 'delete the pod');
  await page.locator('#delete-question:focus').filter({ hasText: 'database starts another.' }).waitFor();
  expect(server.fleet.pods.get(database)?.deletedAt).toBeUndefined();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await vi.waitFor(() => expect(server.fleet.pods.has(database)).toBe(false), eventually);
  expect(problems).toEqual([]);
});

it('filters by labels, and walks from pods to the names of nodes', async () => {
  const { page } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await page.keyboard.press('/');
  await page.keyboard.type('app in (web, database)');
  await vi.waitFor(async () => expect(await page.locator('.fleet .tile:not(.is-dimmed)').count()).toBe(4), eventually);
  await page.keyboard.press('Escape');
  await page.locator('.fleet [data-tile][tabindex="0"]').focus();
  const isOnNode = (): Promise<boolean> =>
    page.evaluate(() => document.activeElement?.matches('[data-node-link]') ?? false);
  for (let step = 0; step < 4 && !(await isOnNode()); step++) await page.keyboard.press('ArrowUp');
  expect(await isOnNode()).toBe(true);
  await page.keyboard.press('Enter');
  await vi.waitFor(() => expect(page.url()).toContain('/node/'), eventually);
});

it('opens the YAML of the focused pod by a key', async () => {
  const { page } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  const tile = page.locator('.fleet [data-tile][tabindex="0"]');
  const key = await tile.getAttribute('data-key');
  await tile.focus();
  await page.keyboard.press('y');
  await page.getByRole('tab', { name: 'YAML', selected: true }).waitFor();
  await page.locator('.cm-content').filter({ hasText: 'kind: Pod' }).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/pod/${key}`);
});

it('has a presenter mode with large counters and nothing else, which Escape ends', async () => {
  const { page } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await page.keyboard.press('P');
  await vi.waitFor(async () => expect(await page.locator('.inspector').isVisible()).toBe(false), eventually);
  const size = await page
    .locator('.total dd')
    .first()
    .evaluate((element) => getComputedStyle(element).fontSize);
  expect(Number.parseFloat(size)).toBeGreaterThan(40);
  expect(await readyTiles(page)).toBe(15);
  await expectNoViolations(page);
  await page.keyboard.press('Escape');
  await vi.waitFor(async () => expect(await page.locator('.inspector').isVisible()).toBe(true), eventually);
});

it('lists every action with a key in the help', async () => {
  const { page } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await page.keyboard.press('?');
  const help = page.getByRole('dialog');
  for (const words of ['Command palette', 'Drain the node', 'Show the logs', 'Five seconds back in time']) {
    await help.getByText(words).waitFor();
  }
});
