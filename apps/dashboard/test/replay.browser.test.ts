import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { expectNoViolations } from './axe.ts';
import { eventually, type OpenPage, registerBrowser, visit } from './browser.ts';

const open = registerBrowser();

const readyTiles = (page: Page): Promise<number> => page.locator('.fleet [data-state="ready"]').count();
const slider = (page: Page) => page.getByRole('slider', { name: 'Instant shown' });

/** 15 pods were ready at the instant that is given back, a whole second; since then `web` has 9 replicas and not 3. */
async function openWithPast(options: Parameters<typeof open>[0] = {}): Promise<OpenPage & { readonly then: number }> {
  const opened = await open(options);
  await vi.waitFor(async () => expect(await readyTiles(opened.page)).toBe(15), eventually);
  const then = (Math.floor(Date.now() / 1000) + 1) * 1000;
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(then + 200), eventually);
  opened.server.fleet.scale('web', 9);
  await vi.waitFor(async () => expect(await readyTiles(opened.page)).toBe(21), eventually);
  // What has only just happened is not on the strip yet.
  const most = async (): Promise<number> => Number(await slider(opened.page).getAttribute('max'));
  await vi.waitFor(async () => expect(await most()).toBeGreaterThan(then / 1000 + 1), eventually);
  return { ...opened, then };
}

it('shows the page as it was, with actions off, and goes back to live', async () => {
  const { page, problems, then } = await openWithPast({ path: '/deployment/default/web' });
  await slider(page).fill(String(then / 1000));
  await page.getByText(/VIEWING \d\d:\d\d:\d\d, not live/).waitFor();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  expect(await page.locator('[data-progress]').textContent()).toContain('3 of 3 ready');
  expect(await page.getByRole('button', { name: /Cordon/ }).count()).toBe(0);
  expect(await page.getByRole('spinbutton', { name: 'Replicas' }).isDisabled()).toBe(true);
  await page.keyboard.press('s');
  await page.locator('.fleet [data-tile][tabindex="0"]').focus();
  await page.keyboard.press('d');
  await page.keyboard.press('l');
  // The key after them is answered: by now they would have been, too.
  await page.getByRole('tab', { name: 'Logs', selected: true }).waitFor();
  expect(await page.locator('#replicas:focus, .drain-question, .action-notice').count()).toBe(0);
  await page.goBack();
  await page.locator('[data-progress]').waitFor();
  await vi.waitFor(() => expect(new URL(page.url()).searchParams.get('t')).toBe(instantText(then)), eventually);
  await page.getByRole('button', { name: 'Back to live' }).click();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(21), eventually);
  await vi.waitFor(() => expect(new URL(page.url()).search).toBe(''), eventually);
  expect(problems).toEqual([]);
});

it('steps by keys, plays on at four times the pace, and follows a link to an instant', async () => {
  const { page, server, then } = await openWithPast();
  await page.keyboard.press('[');
  await page.locator('[data-past]').waitFor();
  await page.keyboard.press('L');
  await vi.waitFor(async () => expect(await page.locator('[data-past]').count()).toBe(0), eventually);
  await visit(page, `${server.url}/?t=${instantText(then)}`);
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await page.locator('[data-past="viewing"]').waitFor();
  await page.keyboard.press('}');
  await vi.waitFor(
    async () => expect(await slider(page).getAttribute('aria-valuetext')).toContain('web scaled from 3 to 9'),
    eventually,
  );
  await page.getByRole('button', { name: '4x, speed 4 times' }).click();
  await vi.waitFor(async () => expect(await page.locator('[data-live]').textContent()).toBe('Live'), eventually);
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(21), eventually);
  await visit(page, `${server.url}/?t=2020-01-01T00:00:00Z`);
  await page.getByText(/is not recorded: what is kept begins at/).waitFor();
});

it('says in words what changed between two instants', async () => {
  const { page, then } = await openWithPast();
  await slider(page).fill(String(then / 1000));
  await page.locator('[data-past="viewing"]').waitFor();
  await page.getByRole('button', { name: /^Pin / }).click();
  await page.getByRole('button', { name: 'Back to live' }).click();
  await page.getByRole('button', { name: /^What changed since/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('replicas 3 → 9').waitFor();
  expect(await dialog.getByRole('region', { name: 'Added' }).textContent()).toContain('6 objects');
  await dialog.getByRole('link', { name: 'default/web', exact: true }).click();
  await vi.waitFor(() => expect(page.url()).toContain('/deployment/default/web'), eventually);
});

it('steps on by a key, and compares two pinned instants', async () => {
  const { page, then } = await openWithPast();
  const most = async (): Promise<number> => Number(await slider(page).getAttribute('max'));
  await vi.waitFor(async () => expect(await most()).toBeGreaterThan(then / 1000 + 5), eventually);
  await slider(page).fill(String(then / 1000));
  await page.locator('[data-past="viewing"]').waitFor();
  await page.getByRole('button', { name: /^Pin / }).click();
  await page.keyboard.press(']');
  await vi.waitFor(async () => expect(await slider(page).inputValue()).toBe(String(then / 1000 + 5)), eventually);
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(21), eventually);
  await page.getByRole('button', { name: /^Pin / }).click();
  await page.getByRole('button', { name: 'What changed', exact: true }).click();
  await page.getByRole('dialog').getByText('replicas 3 → 9').waitFor();
});

it('says since when there is a history after the controller has started', async () => {
  const { page } = await open();
  await page.getByText(/Recorded since \d\d:\d\d:\d\d, when the controller started/).waitFor();
});

it('lists revisions with what changed, and rolls back', async () => {
  const { page, server } = await open({ path: '/deployment/default/web' });
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  server.play('roll-out');
  const rollout = page.getByRole('region', { name: 'Rollout' });
  await rollout.getByText('app: image registry.test/web:1.4 → registry.test/web:1.5').waitFor();
  await vi.waitFor(async () => expect(await rollout.textContent()).toContain('Revision 2 is rolled out'), eventually);
  await rollout.getByRole('button', { name: 'Roll back to revision 1…' }).click();
  await rollout.getByRole('button', { name: 'Roll back to revision 1', exact: true }).click();
  await vi.waitFor(async () => expect(await rollout.textContent()).toContain('Revision 3 is rolled out'), eventually);
  expect(server.fleet.workloads.get('Deployment/default/web')?.images).toEqual(['registry.test/web:1.4']);
});

it('has no accessibility violation in the past, in either theme', async () => {
  const { page, then } = await openWithPast({ path: '/deployment/default/web' });
  await page.getByRole('region', { name: 'Rollout' }).getByText('Revision 1', { exact: true }).waitFor();
  await expectNoViolations(page);
  await slider(page).fill(String(then / 1000));
  await page.locator('[data-past="viewing"]').waitFor();
  await page.getByRole('button', { name: /^Pin / }).click();
  await expectNoViolations(page);
  await page.getByRole('button', { name: /^What changed since/ }).click();
  await page.getByRole('dialog').getByText('Nothing that the page shows.').waitFor();
  await expectNoViolations(page);
});

function instantText(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}
