import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { expectNoViolations } from './axe.ts';
import { eventually, registerBrowser } from './browser.ts';

const open = registerBrowser();

const readyTiles = (page: Page): Promise<number> => page.locator('.fleet [data-state="ready"]').count();

it('is light or dark as its button says, also when it is opened again', async () => {
  const { page } = await open({ theme: 'light' });
  const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole('button', { name: 'Auto theme, change' }).click();
  await page.getByRole('button', { name: 'Light theme, change' }).click();
  await page.getByRole('button', { name: 'Dark theme, change' }).waitFor();
  await vi.waitFor(async () => expect(await ground()).not.toBe(light), eventually);
  const dark = await ground();
  await page.reload();
  await page.getByRole('button', { name: 'Dark theme, change' }).waitFor();
  await vi.waitFor(async () => expect(await ground()).toBe(dark), eventually);
});

it('holds the same as tables that sort and lead to objects, under a link', async () => {
  const { page, server } = await open({ path: '/?view=table' });
  const pods = page.getByRole('table', { name: 'Pods' });
  await vi.waitFor(async () => expect(await pods.getByRole('link').count()).toBe(15), eventually);
  const nodes = page.getByRole('table', { name: 'Nodes' });
  expect(await nodes.getByRole('link').allTextContents()).toEqual(['node-1', 'node-2', 'node-3']);
  const byCpu = pods.getByRole('button', { name: 'CPU', exact: true });
  await byCpu.click();
  await pods.getByRole('columnheader', { name: 'CPU' }).and(page.locator('[aria-sort="ascending"]')).waitFor();
  await byCpu.click();
  await pods.getByRole('columnheader', { name: 'CPU' }).and(page.locator('[aria-sort="descending"]')).waitFor();
  const largest = pods.getByRole('link').first();
  expect(await largest.textContent()).toMatch(/^database-/);
  await largest.click();
  await page.getByRole('heading', { name: /^database-/, level: 2 }).waitFor();
  expect(new URL(page.url()).searchParams.get('view')).toBe('table');
  await pods.getByRole('row', { name: /^web-/ }).filter({ hasText: /\d %/ }).first().waitFor();
  const lost = server.fleet.podsOn('node-2').length;
  server.play('kill-node');
  await vi.waitFor(async () => expect(await pods.getByText('Unknown, evicted').count()).toBe(lost), eventually);
});

it('tells what happens as it happens, warnings alone if wished, each leading to what it is about', async () => {
  const { page, server } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  server.play('pending');
  const events = page.getByRole('log', { name: 'Events, newest first' });
  await events
    .getByText(/0\/3 nodes are available/)
    .first()
    .waitFor();
  await page.getByLabel('Warnings only').check();
  await vi.waitFor(async () => expect(await events.locator('.event:not(.is-warning)').count()).toBe(0), eventually);
  expect(await events.locator('.event.is-warning').count()).toBe(3);
  await events
    .getByRole('link', { name: /^pod\/giant-/ })
    .first()
    .click();
  await page.getByRole('heading', { name: /^giant-/, level: 2 }).waitFor();
  await page.locator('.inspector [data-grid="refusals"]').waitFor();
});

it('offers the guided tour', async () => {
  const { page } = await open();
  await page.getByRole('button', { name: 'Tour', exact: true }).click();
  const tour = page.getByRole('complementary', { name: 'Guided tour' });
  await tour.waitFor();
  expect(await tour.locator('[data-tour-step]').count()).toBe(6);
  expect(await tour.getByRole('button', { name: /^Show: / }).count()).toBe(6);
  await expectNoViolations(page, '.tour');
  await tour.getByRole('button', { name: 'Close' }).click();
  await vi.waitFor(async () => expect(await tour.count()).toBe(0), eventually);
});
