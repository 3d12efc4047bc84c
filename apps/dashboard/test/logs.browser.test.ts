import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { expectNoViolations } from './axe.ts';
import { eventually, registerBrowser, visit } from './browser.ts';

const open = registerBrowser();
const logsOfWeb = '/deployment/default/web?tab=logs';

const chips = (page: Page) => page.getByRole('list', { name: 'Pods in this log' }).getByRole('button');
const rows = (page: Page) => page.locator('.log-row:not(.log-marker)');
const sourcesShown = async (page: Page): Promise<number> =>
  new Set(await rows(page).locator('.log-source').allTextContents()).size;
/** The whole log as the page would save it. */
async function downloaded(page: Page): Promise<string[]> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download' }).click(),
  ]);
  return (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
}

it('merges the logs of a workload in the order of their times, and of a node too', async () => {
  const { page, server } = await open({ path: logsOfWeb });
  await vi.waitFor(async () => expect(await sourcesShown(page)).toBe(3), eventually);
  const times = (await downloaded(page)).map((line) => line.slice(0, 30));
  expect(times.length).toBeGreaterThan(30);
  expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : 1)));
  await visit(page, `${server.url}/node/node-1?tab=logs`);
  const onNode = server.fleet.podsOn('node-1').length;
  await vi.waitFor(async () => expect(await chips(page).count()).toBe(onNode), eventually);
});

it('mutes pods, filters by expression, and keeps both over a reload', async () => {
  const { page } = await open({ path: logsOfWeb });
  await vi.waitFor(async () => expect(await sourcesShown(page)).toBe(3), eventually);
  await chips(page).first().click();
  await vi.waitFor(async () => expect(await sourcesShown(page)).toBe(2), eventually);
  await page.getByRole('searchbox', { name: /Filter lines/ }).fill('(error|warn).*GET');
  const allMatch = async (): Promise<void> => {
    const texts = await rows(page).locator('.log-text').allTextContents();
    expect(texts.length).toBeGreaterThan(0);
    expect(texts.filter((text) => !/(error|warn).*GET/.test(text))).toEqual([]);
  };
  await vi.waitFor(allMatch, eventually);
  await page.reload();
  await vi.waitFor(async () => expect(await sourcesShown(page)).toBe(2), eventually);
  await vi.waitFor(allMatch, eventually);
  expect(await chips(page).first().getAttribute('aria-pressed')).toBe('false');
  await page.getByRole('searchbox', { name: /Filter lines/ }).fill('a(b');
  await page.getByText(/Invalid regular expression.*Looking for the text itself/).waitFor();
});

it('stands still while one reads above, and says how many lines came', async () => {
  const { page } = await open({ path: logsOfWeb });
  await vi.waitFor(async () => expect(await rows(page).count()).toBeGreaterThan(20), eventually);
  await page.getByRole('log', { name: 'Log lines, newest last' }).hover();
  await page.mouse.wheel(0, -600);
  const resume = page.getByRole('button', { name: /new lines? ↓/ });
  await resume.waitFor();
  const before = await rows(page).first().textContent();
  await vi.waitFor(
    async () => expect(Number((await resume.textContent())?.split(' ')[0])).toBeGreaterThan(5),
    eventually,
  );
  expect(await rows(page).first().textContent()).toBe(before);
  await resume.click();
  await vi.waitFor(async () => expect(await resume.count()).toBe(0), eventually);
});

it('goes on after a lost connection with every line once', async () => {
  const { page, server } = await open({ path: logsOfWeb });
  await vi.waitFor(async () => expect(await sourcesShown(page)).toBe(3), eventually);
  const before = (await downloaded(page)).length;
  server.cut(true);
  await page.getByRole('alert').filter({ hasText: 'Not live' }).waitFor();
  server.cut(false);
  // Each look downloads everything: many a second would keep the page from taking lines in.
  const seldom = { timeout: 40_000, interval: 1_000 };
  await vi.waitFor(async () => expect((await downloaded(page)).length).toBeGreaterThan(before + 12), seldom);
  const lines = await downloaded(page);
  expect(new Set(lines).size).toBe(lines.length);
  const seconds = lines
    .filter((line) => line.includes('['))
    .map((line) => `${line.slice(31).split(']')[0]} ${line.slice(0, 19)}`);
  // The mock writes one line a second and container: none may be missing in between.
  for (const pod of new Set(seconds.map((text) => text.split(' ')[0]))) {
    const own = seconds
      .filter((text) => text.startsWith(`${pod} `))
      .map((text) => Date.parse(`${text.split(' ')[1]}Z`) / 1000);
    expect(own).toEqual(own.map((_, index) => (own[0] ?? 0) + index));
  }
});

it('tells among the lines that a node was lost and that pods came and went', async () => {
  const { page, server } = await open({ path: logsOfWeb });
  await vi.waitFor(async () => expect(await sourcesShown(page)).toBe(3), eventually);
  const lost = [...server.fleet.pods.values()].find((pod) => pod.key.includes('/web-'))?.nodeName ?? '';
  server.fleet.killNode(lost);
  await page
    .locator('[data-marker="node"]')
    .filter({ hasText: `${lost} does not answer` })
    .waitFor();
  await page
    .locator('[data-marker="pod"]')
    .filter({ hasText: /is gone/ })
    .first()
    .waitFor();
  await page
    .locator('[data-marker="pod"]')
    .filter({ hasText: /was placed on node-/ })
    .first()
    .waitFor();
  await chips(page).filter({ hasText: 'gone' }).first().waitFor();
});

it('marks a restart among the lines, and shows what the run before wrote', async () => {
  const { page, server } = await open({ path: logsOfWeb });
  await vi.waitFor(async () => expect(await sourcesShown(page)).toBe(3), eventually);
  server.play('crash');
  await page
    .locator('[data-marker="restart"]')
    .filter({ hasText: /app was restarted.*restart 1/ })
    .waitFor();
  await page.getByLabel('Previous run').check();
  const without = chips(page).filter({ hasText: /previous terminated container "app".*not found/ });
  await vi.waitFor(async () => expect(await without.count()).toBe(2), eventually);
  await vi.waitFor(async () => expect(await sourcesShown(page)).toBe(1), eventually);
  expect(new URL(page.url()).searchParams.get('previous')).toBe('1');
});

it('says why there is no log', async () => {
  const { page, server } = await open({ path: `${logsOfWeb}&previous=1` });
  await chips(page)
    .filter({ hasText: /previous terminated container "app".*not found/ })
    .first()
    .waitFor();
  server.fleet.scale('web', 0);
  await visit(page, `${server.url}${logsOfWeb}`);
  await page.getByText('Deployment web in default has no pods now.').waitFor();
});

it('opens by the l key on a focused tile', async () => {
  const { page } = await open();
  await page.locator('.fleet [data-tile][tabindex="0"]').focus();
  await page.keyboard.press('l');
  await vi.waitFor(async () => expect(await rows(page).count()).toBeGreaterThan(5), eventually);
  expect(new URL(page.url()).pathname).toMatch(/^\/pod\/default\//);
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('tab-logs');
});

it('shows events of an object, and says that there are none', async () => {
  const { page, server } = await open({ path: '/deployment/default/web?tab=events' });
  const region = page.getByRole('region', { name: 'Events of this object' });
  await region
    .getByText(/Created pod: web-/)
    .first()
    .waitFor();
  await visit(page, `${server.url}/deployment/default/nothing?tab=events`);
  await region.getByText('No events about Deployment nothing in default are kept.').waitFor();
});

it('has no accessibility violation in either theme', async () => {
  const { page, server } = await open({ path: logsOfWeb });
  await vi.waitFor(async () => expect(await sourcesShown(page)).toBe(3), eventually);
  const lost = [...server.fleet.pods.values()].find((pod) => pod.key.includes('/web-'))?.nodeName ?? '';
  server.fleet.killNode(lost);
  await chips(page).first().click();
  await page.locator('[data-marker="node"]').first().waitFor();
  await expectNoViolations(page, '.inspector');
  await visit(page, `${server.url}/deployment/default/web?tab=events`);
  await page
    .getByText(/Created pod: web-/)
    .first()
    .waitFor();
  await expectNoViolations(page, '.inspector');
});
