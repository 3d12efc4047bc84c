import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import type { MockServer } from '../mock/server.ts';
import { expectNoViolations } from './axe.ts';
import { eventually, registerBrowser, visit } from './browser.ts';

const open = registerBrowser();

const state = (page: Page, kind: string) => page.locator(`[data-terminal="${kind}"]`);
const screen = async (page: Page): Promise<string> =>
  (await page.locator('.xterm-rows').innerText()).replaceAll('\u00a0', ' ');

async function podOf(server: MockServer, workload: string): Promise<string> {
  const find = () => [...server.fleet.pods.values()].find((pod) => pod.key.includes(`/${workload}-`) && pod.isReady);
  await vi.waitFor(() => expect(find()).toBeDefined(), eventually);
  return find()?.key ?? '';
}

it('runs a shell in a container by keyboard alone, and leads out of it', async () => {
  const { page, server } = await open();
  const key = await podOf(server, 'database');
  const scripts: string[] = [];
  page.on('request', (request) => scripts.push(request.url()));
  await visit(page, server.url);
  await page.locator(`.fleet [data-tile][data-key="${key}"]`).focus();
  expect(scripts.filter((url) => /terminal|yaml|logs|merge|xterm/.test(url))).toEqual([]);
  await page.keyboard.press('e');
  await state(page, 'open').waitFor();
  expect(scripts.some((url) => /terminal-view/.test(url))).toBe(true);
  await page.keyboard.type('echo it works\r');
  await vi.waitFor(async () => expect(await screen(page)).toContain('\nit works'), eventually);
  await page.keyboard.type('size\r');
  await vi.waitFor(async () => expect(await screen(page)).toMatch(/\n\d{2,3} x \d{2}/), eventually);
  // Keys of the page are the shell's here.
  await page.keyboard.type('t?');
  expect(await page.getByRole('dialog').count()).toBe(0);
  await page.keyboard.press('F6');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('tab-terminal');
});

it('says how the shell ended, and connects again', async () => {
  const { page, server } = await open();
  const key = await podOf(server, 'database');
  await visit(page, `${server.url}/pod/${key}?tab=terminal`);
  await state(page, 'open').waitFor();
  await page.keyboard.type('exit 3\r');
  await page.getByText('The shell has ended with exit code 3.').waitFor();
  await page.getByRole('button', { name: 'Connect again' }).click();
  await state(page, 'open').waitFor();
  server.cut(true);
  await page.getByText('No terminal: the controller does not answer: is it running?').waitFor();
});

it('lets one choose a pod of a workload, and does not move on to another when it goes', async () => {
  const { page, server } = await open({ path: '/deployment/default/web?tab=terminal' });
  await podOf(server, 'web');
  const choice = page.getByRole('combobox', { name: 'Pod' });
  const options = choice.locator('option');
  await vi.waitFor(async () => expect(await options.count()).toBe(3), eventually);
  const second = (await options.allTextContents())[1] ?? '';
  await choice.selectOption(second);
  await page.getByRole('heading', { name: second }).waitFor();
  expect(page.url()).toContain(second);
  server.fleet.deletePod(`default/${second}`);
  await page.getByText(`${second} is gone.`).waitFor();
});

it('is refused to a read-only session, and not even loaded', async () => {
  const { page, server } = await open({ role: 'read-only' });
  const key = await podOf(server, 'database');
  const scripts: string[] = [];
  page.on('request', (request) => scripts.push(request.url()));
  await visit(page, `${server.url}/pod/${key}?tab=terminal`);
  await page.getByText('This session is read-only: it may not create pods/exec.').waitFor();
  expect(scripts.filter((url) => /terminal-view/.test(url))).toEqual([]);
  await visit(page, `${server.url}/pod/${key}?tab=logs`);
  await page.locator('.log-row').first().waitFor();
  await visit(page, `${server.url}/pod/${key}`);
  await page.getByText('This session is read-only: it may not delete pods.').waitFor();
  expect(await page.getByRole('button', { name: 'Delete pod…' }).isDisabled()).toBe(true);
});

it('has no accessibility violation in either theme', async () => {
  const { page, server } = await open();
  const key = await podOf(server, 'database');
  await visit(page, `${server.url}/pod/${key}?tab=terminal`);
  await state(page, 'open').waitFor();
  await page.keyboard.type('nonsense\r');
  await vi.waitFor(async () => expect(await screen(page)).toContain('not known'), eventually);
  await expectNoViolations(page, '.inspector');
});
