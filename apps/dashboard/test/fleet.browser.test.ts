import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { eventually, registerBrowser } from './browser.ts';

const open = registerBrowser();

const tiles = (page: Page, label: RegExp | string, within = '.fleet'): Promise<number> =>
  page.locator(within).getByRole('link', { name: label }).count();

it('shows every node with its rails in numbers and every pod as a tile', async () => {
  const { page, server, problems } = await open();
  await vi.waitFor(async () => expect(await tiles(page, / Ready, /)).toBe(15), eventually);
  const cards = page.getByRole('article');
  expect(await cards.count()).toBe(3);
  const requested = server.fleet.podsOn('node-1').reduce((sum, pod) => sum + pod.requests.cpuMilli, 0);
  const cpu = cards.filter({ hasText: 'node-1' }).locator('[data-rail="CPU"]');
  expect(await cpu.textContent()).toContain(`${requested / 1000} of 4 requested`);
  expect(await cpu.textContent()).toContain(`limits ${(requested * 2) / 1000}`);
  await vi.waitFor(async () => expect(await cpu.textContent()).toMatch(/\dm? used/), eventually);
  expect(await page.locator('[data-live]').textContent()).toBe('Live');
  expect(problems).toEqual([]);
});

it('scales a Deployment from 3 to 30 and shows 30 tiles, counted by phase on the way', async () => {
  const { page } = await open();
  await vi.waitFor(async () => expect(await tiles(page, /Ready, web,/)).toBe(3), eventually);
  await page.getByRole('link', { name: /web 3\/3 ready/ }).click();
  await page.keyboard.press('s');
  await page.locator('#replicas:focus').waitFor();
  await page.keyboard.type('30');
  await page.keyboard.press('Enter');
  await vi.waitFor(async () => expect(await tiles(page, /, web,/)).toBe(30), eventually);
  await vi.waitFor(
    async () => expect(await page.locator('[data-progress]').textContent()).toContain('30 of 30 ready'),
    eventually,
  );
  expect(await page.locator('[data-phase="ready"]').textContent()).toBe('30');
  await vi.waitFor(async () => expect(await tiles(page, /Ready, web,/)).toBe(30), eventually);
});

it('removes tiles when a Deployment is scaled down', async () => {
  const { page, server } = await open();
  await vi.waitFor(async () => expect(await tiles(page, /Ready, web,/)).toBe(3), eventually);
  server.fleet.scale('web', 1);
  await vi.waitFor(async () => expect(await tiles(page, /, web,/)).toBe(1), eventually);
  await vi.waitFor(async () => expect(await page.locator('.tile-leaving').count()).toBe(0), eventually);
});

it('says in words why pods wait and, opened, what each node lacks', async () => {
  const { page, server } = await open();
  await vi.waitFor(async () => expect(await tiles(page, / Ready, /)).toBe(15), eventually);
  server.play('pending');
  const tray = page.getByRole('region', { name: 'Pending pods' });
  await vi.waitFor(async () => expect(await tray.textContent()).toContain('Not enough CPU3 × giant'), eventually);
  await vi.waitFor(async () => expect(await tiles(page, /giant.*Pending/, '.tray')).toBe(3), eventually);
  await tray.getByRole('button', { name: /Not enough CPU/ }).click();
  const grid = tray.locator('[data-grid="refusals"]');
  await grid.waitFor();
  expect(await grid.locator('tbody tr').count()).toBe(3);
  expect(await grid.textContent()).toMatch(/needs 3\.5, [\d.]+ free, short [\d.]+/);
  expect(await tray.textContent()).toContain('0/3 nodes are available: 3 Insufficient cpu.');
  // The cause becomes another; who reads goes on reading.
  server.fleet.cordon('node-1', true);
  await tray.getByRole('button', { name: /Node is cordoned/ }).waitFor();
  await grid.filter({ hasText: 'Cordon' }).waitFor();
});

it('says of pods that have a node why they do not start, and when that is tried again', async () => {
  const { page, server } = await open();
  server.play('missing-image');
  const cause = 'Image cannot be had: registry.test/missing:2.0';
  const stuck = page.locator('[data-stuck-group]').filter({ hasText: cause });
  await stuck.filter({ hasText: /2 pods on \d nodes?, (tried again in about|being tried again)/ }).waitFor();
  await stuck.getByText(cause).click();
  await stuck.getByText(/manifest unknown/).waitFor();
  await vi.waitFor(async () => expect(await tiles(page, /Failing, ImagePullBackOff, reports/)).toBe(2), eventually);
});

it('marks pods that their limits hold back', async () => {
  const { page, server } = await open();
  await vi.waitFor(async () => expect(await tiles(page, / Ready, /)).toBe(15), eventually);
  server.play('noisy');
  const held = page.getByRole('link', { name: /, worker,.*memory at 95 % of its limit, throttled by its CPU limit/ });
  await vi.waitFor(async () => expect(await held.count()).toBe(5), eventually);
  expect(await page.locator('.fleet .tile-badge').count()).toBe(5);
});

it('shows a node die: heartbeat late, NotReady, ghosts, and the pods on other nodes', async () => {
  const { page, server } = await open();
  await vi.waitFor(async () => expect(await tiles(page, / Ready, /)).toBe(15), eventually);
  const lost = server.fleet.podsOn('node-2').length;
  server.play('kill-node');
  const card = page.locator('[data-node="node-2"]');
  await vi.waitFor(async () => expect(await card.textContent()).toContain('node-2 does not answer.'), eventually);
  expect(await card.textContent()).toContain('NotReady');
  expect(await card.textContent()).toMatch(/last seen [\d.]+ s ago/);
  expect(await card.getByRole('link', { name: /, Unknown/ }).count()).toBe(lost);
  await vi.waitFor(
    async () => expect(await page.locator('[data-totals]').textContent()).toContain('2 of 3'),
    eventually,
  );
  await vi.waitFor(async () => expect(await tiles(page, / Ready, /)).toBe(15), eventually);
  await vi.waitFor(
    async () => expect(await card.textContent()).toContain(`Its ${lost} pods were evicted: ${lost} run elsewhere.`),
    eventually,
  );
  expect(await card.getByRole('link', { name: /, Unknown, evicted/ }).count()).toBe(lost);
  expect(await card.textContent()).toContain('0 pods of 110');
  await page.locator(`[data-arcs="${lost}"]`).waitFor({ state: 'attached' });
  server.play('revive-node');
  await vi.waitFor(async () => expect(await card.textContent()).not.toContain('does not answer'), eventually);
  await vi.waitFor(async () => expect(await tiles(page, /, Unknown/)).toBe(0), eventually);
});

it('cordons and uncordons a node', async () => {
  const { page, server } = await open();
  await page.getByRole('button', { name: 'Cordon node-1', exact: true }).click();
  await page.getByText('Cordoned').waitFor();
  expect(server.fleet.nodes.get('node-1')?.unschedulable).toBe(true);
  await page.getByRole('button', { name: 'Uncordon node-1' }).click();
  await vi.waitFor(async () => expect(await page.getByText('Cordoned').count()).toBe(0), eventually);
});

it('deletes a pod after saying what that does', async () => {
  const { page, server } = await open();
  await vi.waitFor(async () => expect(await tiles(page, /Ready, database,/)).toBe(1), eventually);
  await page
    .locator('.fleet')
    .getByRole('link', { name: /, database,/ })
    .click();
  const [before] = [...server.fleet.pods.keys()].filter((key) => key.includes('database'));
  await page.getByRole('button', { name: 'Delete pod…' }).click();
  await page.getByText('database starts another.').waitFor();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await vi.waitFor(() => expect(server.fleet.pods.has(before ?? '')).toBe(false), eventually);
  await page.getByText(/There is no pod .*, or no longer/).waitFor();
  await vi.waitFor(async () => expect(await tiles(page, /Ready, database,/)).toBe(1), eventually);
});

it('offers no action in a read-only session', async () => {
  const { page } = await open({ role: 'read-only', path: '/deployment/default/web' });
  await page.getByText('read-only', { exact: true }).waitFor();
  await page.getByText(/This session is read-only/).waitFor();
  expect(await page.getByRole('button', { name: /Cordon/ }).count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Tour', exact: true }).count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true);
  await page.keyboard.press('s');
  const notice = page.getByRole('alert');
  await notice.filter({ hasText: 'This session is read-only: it may not patch deployments.' }).waitFor();
  expect(await page.locator('#replicas:focus').count()).toBe(0);
  await page.locator('.fleet [data-tile][tabindex="0"]').focus();
  await page.keyboard.press('d');
  await notice.filter({ hasText: 'it may not create pods/eviction.' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/deployment/default/web');
  await notice.getByRole('button', { name: 'Dismiss' }).click();
  await vi.waitFor(async () => expect(await notice.count()).toBe(0), eventually);
});

it('draws a thousand pods on canvases, where they can be seen, with the table as their twin', async () => {
  const { page, problems } = await open({ nodes: 52, scene: 'fill-20' });
  await vi.waitFor(async () => expect(await page.getByRole('article').count()).toBe(52), eventually);
  const drawn = page.getByRole('img', { name: /pods? on node-\d+; the table lists them/ });
  await vi.waitFor(async () => expect(await drawn.count()).toBeGreaterThan(3), eventually);
  expect(await drawn.count()).toBeLessThan(52);
  await page.locator('.stage').evaluate((stage) => stage.scrollTo(0, stage.scrollHeight));
  expect(problems).toEqual([]);
  // No scheduler placed these pods, and the console tells that there is no record of it.
  const last = page.getByRole('img', { name: /20 pods on node-51;/ });
  await last.click({ position: { x: 4, y: 4 } });
  await page.getByRole('heading', { name: /^load-\d/, level: 2 }).waitFor();
  await page.keyboard.press('t');
  await page.getByRole('region', { name: 'Pods, 1040' }).waitFor();
  expect(await page.getByRole('table', { name: 'Pods' }).getByRole('link').count()).toBeLessThan(100);
  await page.keyboard.press('/');
  await page.keyboard.type('load-3');
  await page.getByRole('region', { name: 'Pods, 130' }).waitFor();
});
