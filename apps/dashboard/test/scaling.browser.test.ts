import type { Locator, Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { expectNoViolations } from './axe.ts';
import { eventually, registerBrowser, visit } from './browser.ts';

const open = registerBrowser();

const readyTiles = (page: Page): Promise<number> => page.locator('.fleet [data-state="ready"]').count();
const ghosts = (page: Page): Promise<number> => page.locator('.fleet [data-ghost]').count();

it('sizes tiles by the lens that the link names, and keeps it while objects are opened', async () => {
  const { page, problems } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  const database = page.locator('.fleet').getByRole('link', { name: /, database,/ });
  const area = async (): Promise<number> => {
    const box = await database.boundingBox();
    return (box?.width ?? 0) * (box?.height ?? 0);
  };
  const requested = await area();
  await page.getByText('Limits', { exact: true }).click();
  await vi.waitFor(async () => expect(await area()).toBeGreaterThan(requested * 1.5), eventually);
  expect(new URL(page.url()).search).toBe('?lens=limits');
  await database.click();
  await page.getByRole('heading', { name: /database/, level: 2 }).waitFor();
  expect(new URL(page.url()).search).toContain('lens=limits');
  await page.getByText('Used', { exact: true }).click();
  await vi.waitFor(async () => expect(await area()).toBeLessThan(requested), eventually);
  await page.getByText('Density', { exact: true }).click();
  await page
    .getByText(/per core, \d+ % of CPU used/)
    .first()
    .waitFor();
  await vi.waitFor(
    async () => expect(await database.getAttribute('aria-label')).toMatch(/uses \d+ % of its request/),
    eventually,
  );
  expect(problems).toEqual([]);
});

it('compares with virtual machines by a model that can be changed, beside what is measured', async () => {
  const { page, server } = await open({ path: '/?lens=vms' });
  const panel = page.getByRole('region', { name: 'As virtual machines' });
  await panel.getByText('Model, not measurement').waitFor();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  const hosts = async (what: string): Promise<number> =>
    Number(await panel.locator(`[data-hosts="${what}"]`).textContent());
  const asContainers = await hosts('Containers');
  const before = await hosts('VMs');
  await panel.getByLabel('Guest system memory').fill('4096');
  await vi.waitFor(async () => expect(await hosts('VMs')).toBeGreaterThan(before), eventually);
  expect(await hosts('Containers')).toBe(asContainers);
  expect(page.url()).toContain('vm=4096');
  server.fleet.scale('web', 8);
  await vi.waitFor(async () => expect(await panel.textContent()).toMatch(/p50 [\d.]+ s/), eventually);
});

it('shows where 60 replicas would go before they are asked for, and applies all that fit', async () => {
  const { page, server, problems } = await open({ path: '/deployment/default/web' });
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await page.getByLabel('Replicas', { exact: true }).fill('60');
  const sentence = page.locator('[data-scale-sentence]');
  await vi.waitFor(
    async () => expect(await sentence.textContent()).toMatch(/^\d+ of 60 fit, \d+ wait: each needs 150m/),
    eventually,
  );
  const fitting = Number(/^(\d+) of 60/.exec((await sentence.textContent()) ?? '')?.[1]);
  await vi.waitFor(async () => expect(await ghosts(page)).toBe(fitting - 3), eventually);
  expect(await page.locator('[data-preview-waits]').textContent()).toContain(`${60 - fitting} × web`);
  expect(server.fleet.pods.size).toBe(15);
  await page.getByRole('button', { name: 'Show kubectl' }).click();
  await page.getByText('kubectl scale deployment/web --replicas=60').waitFor();
  await page.getByRole('button', { name: `Apply ${fitting} (all that fit)` }).click();
  await vi.waitFor(
    async () => expect(await page.locator('[data-progress]').textContent()).toContain(`${fitting} of ${fitting} ready`),
    eventually,
  );
  await vi.waitFor(async () => expect(await ghosts(page)).toBe(0), eventually);
  await page
    .locator('[data-latencies]')
    .filter({ hasText: /to Readyp50 [\d.]+ s/ })
    .waitFor();
  expect(problems).toEqual([]);
});

it('scales by the slider, which then shows how far that is', async () => {
  // At half the pace of life: what is on its way can be looked at.
  const { page, server } = await open({ path: '/deployment/default/web', speed: 0.5 });
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  const slider = page.getByRole('slider', { name: 'Replicas, slider' });
  await vi.waitFor(async () => expect(await slider.isEnabled()).toBe(true), eventually);
  await slider.press('ArrowRight');
  await slider.press('ArrowRight');
  expect(await page.locator('#replicas').inputValue()).toBe('5');
  await vi.waitFor(async () => expect(await ghosts(page)).toBe(2), eventually);
  expect(server.fleet.pods.size).toBe(15);
  await page.getByRole('button', { name: 'Apply 5', exact: true }).click();
  await page
    .locator('[data-scale-progress]')
    .filter({ hasText: /\d\/5 ready/ })
    .waitFor();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(17), eventually);
  await slider.waitFor();
});

it('says of a pod why it is where it is while the pointer rests on it', async () => {
  const { page } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await page
    .locator('.fleet')
    .getByRole('link', { name: /, cache,/ })
    .first()
    .hover();
  await page.locator('[data-hint-decision]').waitFor();
  expect(await page.getByRole('tooltip').textContent()).toMatch(/chosen: node-\d.*(next best node-\d|scored the same)/);
});

it('offers fixes that were tried out, and previews one', async () => {
  const { page, server } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  server.play('pending');
  const tray = page.getByRole('region', { name: 'Pending pods' });
  await tray.getByRole('button', { name: /Not enough CPU/ }).click();
  const fixes = tray.getByRole('region', { name: 'Fixes proved by simulation' });
  await fixes.waitFor();
  expect(await tray.locator('[data-queue]').textContent()).toMatch(/^Tried /);
  const fix = fixes.locator('[data-fix]').first();
  await fix.getByRole('button', { name: 'Preview' }).click();
  await vi.waitFor(async () => expect(await page.locator('[data-ghost]').count()).toBeGreaterThan(0), eventually);
  const lowered = fixes.locator('[data-fix="setRequests"]').first();
  await lowered.getByRole('button', { name: 'Show YAML diff' }).click();
  expect(await lowered.locator('code').count()).toBeGreaterThan(0);
  const diff = lowered.locator('[data-patch-diff]');
  await diff.locator('del').filter({ hasText: '- cpu: 3500m' }).waitFor();
  expect(await diff.locator('ins').textContent()).toMatch(/^\+ cpu: \d+m$/);
  expect(await diff.textContent()).toContain('spec.template.spec.containers[app].resources.requests');
  await fix.getByRole('button', { name: 'Preview' }).click();
  await vi.waitFor(async () => expect(await page.locator('[data-ghost]').count()).toBe(0), eventually);
});

it('answers what-if questions that a link holds', async () => {
  const changes = JSON.stringify([{ type: 'removeNode', node: 'node-2' }]);
  const { page, server } = await open();
  // The link asks as soon as it is opened: by then there must be pods to lose.
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await visit(page, `${server.url}/?whatif=${encodeURIComponent(changes)}`);
  const panel = page.getByRole('region', { name: 'What if' });
  await panel.getByText('node-2 is lost').waitFor();
  await panel.locator('[data-what-if-answer]').waitFor();
  await page.getByText(/^Preview: gone, with its/).waitFor();
  await panel.getByRole('combobox', { name: 'Change' }).selectOption({ label: 'Add hosts' });
  await panel.getByRole('button', { name: 'Add', exact: true }).click();
  await page.locator('[data-preview-host]').waitFor();
  await panel.getByRole('combobox', { name: 'Change' }).selectOption({ label: 'Change a request' });
  await panel.getByRole('combobox', { name: 'Workload' }).selectOption({ label: 'default/web' });
  await panel.getByRole('textbox', { name: 'CPU' }).fill('9');
  await panel.getByRole('button', { name: 'Add', exact: true }).click();
  await panel.getByText(/^web requests cpu 9/).waitFor();
  await panel
    .locator('[data-what-if-answer]')
    .getByText(/would wait/)
    .first()
    .waitFor();
  await panel.getByRole('button', { name: 'Close' }).click();
  await vi.waitFor(async () => expect(await page.locator('.is-preview, [data-ghost]').count()).toBe(0), eventually);
  expect(new URL(page.url()).search).toBe('');
});

it('draws usage and the autoscaler over time, with the same as a table', async () => {
  const { page, server, problems } = await open({ path: '/deployment/default/web?tab=usage' });
  server.play('autoscale');
  const charts = page.locator('.charts');
  await charts.locator('[data-chart="CPU"] canvas').waitFor();
  await page.reload();
  await charts.locator('[data-chart="Replicas"] canvas').waitFor();
  await charts.getByText('Autoscaled by web, 3 to 10').waitFor();
  const decision = await charts.locator('[data-autoscaler-decision]').textContent();
  expect(decision).toMatch(/^It (keeps|scales (up|down) to) \d+(, the metrics ask for \d+)?\./);
  const metric = charts.locator('[data-chart="cpu of request, average per pod"]');
  await vi.waitFor(async () => expect(await metric.locator('canvas').evaluate(isDrawn)).toBe(true), eventually);
  expect(await newestNumbers(metric)).toEqual([expect.stringMatching(/^\d+ %$/), '60 %']);
  const [actual = '', wanted = '', ...limits] = await newestNumbers(charts.locator('[data-chart="Replicas"]'));
  expect(limits).toEqual(['3', '10']);
  expect(Number(actual)).toBeGreaterThanOrEqual(3);
  expect(Number(wanted)).toBeGreaterThan(0);
  await charts.locator('[data-chart="CPU"]').getByText('Numbers').click();
  const rows = charts.locator('[data-chart="CPU"] tbody tr');
  await vi.waitFor(async () => expect(await rows.count()).toBeGreaterThan(5), eventually);
  await visit(page, `${server.url}/node/node-1?tab=usage`);
  await charts.locator('[data-chart="Memory"] canvas').waitFor();
  await charts.locator('[data-chart="CPU"]').filter({ hasText: 'allocatable 4' }).waitFor();
  expect(problems).toEqual([]);
});

it('lists what is behind a Service, and follows it', async () => {
  const { page, server, problems } = await open({ path: '/?services=default%2Fweb' });
  const endpoints = page.locator('[data-endpoints="default/web"]');
  await vi.waitFor(async () => expect(await endpoints.locator('tbody tr').count()).toBe(3), eventually);
  const ready = endpoints.getByText('ready', { exact: true });
  await vi.waitFor(async () => expect(await ready.count()).toBe(3), eventually);
  server.fleet.scale('web', 5);
  await vi.waitFor(async () => expect(await ready.count()).toBe(5), eventually);
  // The slices are read from the API, the count comes by the feed: either may be first.
  await page.locator('[data-service="default/web"]').filter({ hasText: '5 of 5' }).waitFor();
  await endpoints
    .getByText(/^\d\S*\/s$/)
    .first()
    .waitFor();
  expect(problems).toEqual([]);
});

it('holds no more after all pods were replaced than before', async () => {
  const { page, server } = await open({ scene: 'fill-20', nodes: 10 });
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(200), eventually);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const measure = async (): Promise<{ heap: number; elements: number }> => {
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const heap = metrics.find((metric) => metric.name === 'JSHeapUsedSize')?.value ?? 0;
    return { heap, elements: await page.locator('*').count() };
  };
  const replaceAll = async (): Promise<void> => {
    const keys = [...server.fleet.pods.keys()];
    await vi.waitFor(() => expect(keys.filter((key) => server.fleet.pods.has(key))).toEqual([]), eventually);
  };
  server.play('churn-100');
  await replaceAll();
  const before = await measure();
  await replaceAll();
  const after = await measure();
  expect(after.elements).toBeLessThan(before.elements * 1.2);
  expect(after.heap).toBeLessThan(before.heap * 1.5);
});

it('has no accessibility violation in previews and panels, in either theme', async () => {
  const path = '/deployment/default/web?lens=vms&whatif=[]&services=all';
  const { page, server } = await open({ path });
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  // The what-if panel asks for replicas, too.
  await page.locator('#replicas').fill('60');
  await page.locator('[data-preview-waits]').waitFor();
  server.play('pending');
  await page.getByRole('button', { name: /Not enough CPU/ }).click();
  await page.locator('[data-fix]').first().waitFor();
  await expectNoViolations(page);
});

it('has no accessibility violation in charts and banners, in either theme', async () => {
  const { page, server } = await open({ path: '/deployment/default/web?tab=usage&lens=density' });
  await page.locator('[data-chart="CPU"] canvas').waitFor();
  server.play('kill-node');
  await page.locator('[data-loss]').waitFor();
  await expectNoViolations(page);
});

/** Runs in the page: whether a canvas has anything on it. */
function isDrawn(element: Element): boolean {
  const { width, height } = element as HTMLCanvasElement;
  const pixels = (element as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data;
  return pixels?.some((value) => value !== 0) ?? false;
}

/** What a chart's table says of the newest instant, a number for each line. */
async function newestNumbers(chart: Locator): Promise<string[]> {
  await chart.getByText('Numbers').click();
  return chart.locator('tbody tr').first().locator('td').allTextContents();
}
