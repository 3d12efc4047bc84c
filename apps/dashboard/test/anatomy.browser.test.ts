import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { expectNoViolations } from './axe.ts';
import { eventually, registerBrowser, visit } from './browser.ts';

const open = registerBrowser();

async function somePod(page: Page): Promise<string> {
  const tile = page.locator('.fleet [data-state="ready"]').first();
  await tile.click();
  await vi.waitFor(() => expect(page.url()).toMatch(/\/pod\/default\//), eventually);
  return new URL(page.url()).pathname;
}

it('shows what a pod is made of, by keyboard, under a link of its own', async () => {
  const { page, problems } = await open();
  const path = await somePod(page);
  await page.getByRole('tab', { name: 'Overview' }).focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await vi.waitFor(() => expect(page.url()).toMatch(/tab=anatomy/), eventually);
  const container = page.locator('[data-container="app"]');
  await container.locator('[data-fact="cpu.max"]').waitFor();
  expect(await container.locator('[data-fact="cpu.max"] [data-agrees="true"]').count()).toBe(1);
  expect(await container.locator('[data-namespace="net"]').textContent()).toContain('this container alone');
  expect(await container.locator('[data-namespace="user"]').textContent()).toContain('the host’s');
  expect(await container.locator('.layer-bar .is-shared').count()).toBe(2);
  expect(await page.locator('.waterfall > li').count()).toBe(8);
  await page.getByRole('button', { name: 'Read again' }).press('Enter');
  await page.getByText(/^as read at/).waitFor();
  await visit(page, new URL(`${path}?tab=anatomy`, page.url()).href);
  await container.locator('[data-fact="memory.max"]').waitFor();
  // Containers of other tests come and go on this host, which Chromium takes for a new network.
  expect(problems.filter((problem) => !problem.includes('ERR_NETWORK_CHANGED'))).toEqual([]);
});

it('shows the layers that the images of a node share, and one pod of a workload', async () => {
  const { page } = await open({ path: '/node/node-1?tab=anatomy' });
  const saved = page.locator('[data-saved]');
  await vi.waitFor(
    async () => {
      await page.getByRole('button', { name: 'Read again' }).click();
      expect(await saved.textContent()).toMatch(/Layers in common save [1-9]/);
    },
    { timeout: 30_000, interval: 1_000 },
  );
  await visit(page, new URL('/deployment/default/web?tab=anatomy', page.url()).href);
  const choice = page.getByRole('combobox', { name: /^One of its/ });
  await choice.selectOption({ index: 1 });
  const chosen = await choice.inputValue();
  await page.getByRole('heading', { name: `What ${chosen.replace('default/', '')} is made of` }).waitFor();
  await page.locator('[data-container="app"]').waitFor();
});

it('says why nothing could be read', async () => {
  const { page } = await open({ path: '/pod/default/nobody?tab=anatomy' });
  await page.getByText('It could not be read: pods "nobody" not found').waitFor();
});

it('has no accessibility violation in either theme', async () => {
  const { page } = await open();
  const path = await somePod(page);
  await visit(page, new URL(`${path}?tab=anatomy`, page.url()).href);
  await page.locator('[data-fact="cpu.max"]').waitFor();
  await expectNoViolations(page, '.inspector');
});
