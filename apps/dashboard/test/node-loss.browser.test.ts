import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { eventually, registerBrowser } from './browser.ts';

const open = registerBrowser();

const readyTiles = (page: Page): Promise<number> => page.locator('.fleet [data-state="ready"]').count();

it('counts down to the eviction, shortens the wait, and evicts at once', async () => {
  const { page, server } = await open({ tolerationSeconds: 300, speed: 1 });
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  const lost = server.fleet.podsOn('node-2').length;
  server.play('kill-node');
  // Before anybody says that it is lost: amber, and counting.
  const late = page.locator('[data-node="node-2"]:not(.is-lost) .is-late').filter({ hasText: /last seen \d+ s ago/ });
  await late.waitFor();
  expect(await late.evaluate(isAmber)).toBe(true);
  const loss = page.locator('[data-loss="node-2"]');
  await loss.filter({ hasText: `${lost} pods evicted in 4 min` }).waitFor();
  expect(await loss.textContent()).toContain('tolerationSeconds 300 by default');
  await page
    .locator('[data-node="node-2"] .is-late')
    .filter({ hasText: /last seen \d+ s ago/ })
    .waitFor();
  await loss.getByRole('button', { name: 'Wait 30 s only' }).click();
  await loss.filter({ hasText: new RegExp(`${lost} pods evicted in \\d+ s\\. `) }).waitFor();
  await vi.waitFor(
    async () => expect(await loss.getByRole('button', { name: 'Wait 30 s only' }).count()).toBe(0),
    eventually,
  );
  expect(server.fleet.podsOn('node-2')).toHaveLength(lost);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Find an action or an object' }).waitFor();
  await page.keyboard.type('evict the pods of the lost node');
  await page.keyboard.press('Enter');
  await page.locator('#evict-now-node-2:focus').waitFor();
  await page.keyboard.press('Enter');
  await loss.filter({ hasText: `${lost} pods evicted: ${lost} moved.` }).waitFor();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  expect(server.fleet.podsOn('node-2')).toEqual([]);
});

it('offers a read-only session neither of both', async () => {
  const { page, server } = await open({ tolerationSeconds: 300, role: 'read-only' });
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  server.play('kill-node');
  const loss = page.locator('[data-loss="node-2"]');
  await loss.filter({ hasText: /pods evicted in/ }).waitFor();
  expect(await loss.getByRole('button').count()).toBe(0);
});

it('tells of a lost node what became of its pods, how Services dipped, and that nothing moves back', async () => {
  const { page, server } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  server.play('kill-node');
  const loss = page.locator('[data-loss="node-2"]');
  await loss.filter({ hasText: /pods? evicted: \d+ moved/ }).waitFor();
  await loss
    .locator('[data-dip]')
    .filter({ hasText: /^service \w+: \d+ → \d+ → \d+ ready, below \d+ for/ })
    .first()
    .waitFor();
  server.play('revive-node');
  await loss.getByText(/moved back automatically/).waitFor();
  await loss.getByRole('button', { name: 'Preview rebalance' }).click();
  const plan = page.locator('[data-rebalance-plan]');
  await plan.filter({ hasText: /\d+ moves?; the fullest node/ }).waitFor();
});

/** Runs in the page: whether an element has the colour of warnings. */
function isAmber(element: Element): boolean {
  const sample = document.createElement('i');
  sample.style.color = 'var(--warn)';
  document.body.append(sample);
  const amber = getComputedStyle(sample).color;
  sample.remove();
  return getComputedStyle(element).color === amber;
}
