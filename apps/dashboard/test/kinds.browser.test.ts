import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { expectNoViolations } from './axe.ts';
import { type OpenPage, registerBrowser, visit } from './browser.ts';

const open = registerBrowser();
const eventually = { timeout: 15_000, interval: 50 };

/** A page on the demo with a StatefulSet `ledger`, a DaemonSet `collector` and a Job `import`. */
async function openKinds(path: string): Promise<OpenPage> {
  const opened = await open({ path });
  opened.server.play('kinds');
  return opened;
}

const progress = (page: Page): Promise<string | null> => page.locator('[data-progress] .progress-line').textContent();

it('lists every kind of workload with how far it is, and a Job until it is done', async () => {
  const { page, problems } = await openKinds('/');
  const row = (name: string) => page.locator('.workload').filter({ hasText: name });
  await row('ledger').getByText('3/3 ready').waitFor();
  await row('collector').getByText('3/3 ready').waitFor();
  await row('import').getByText('6/6 done').waitFor();
  await row('import').click();
  await page.getByRole('heading', { name: 'import', level: 2 }).waitFor();
  expect(await progress(page)).toBe('6 of 6 done');
  expect(await page.locator('#replicas').count()).toBe(0);
  await page.getByText('Complete', { exact: true }).waitFor();
  expect(problems).toEqual([]);
});

it('previews and scales a StatefulSet, and finds it in the palette', async () => {
  const { page, server, problems } = await openKinds('/');
  await page.locator('.workload').filter({ hasText: 'ledger' }).getByText('3/3 ready').waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('statefulset ledger');
  await page.keyboard.press('Enter');
  await vi.waitFor(() => expect(new URL(page.url()).pathname).toBe('/statefulset/default/ledger'), eventually);
  await page.getByLabel('Replicas', { exact: true }).fill('5');
  await vi.waitFor(async () => expect(await page.locator('.fleet [data-ghost]').count()).toBe(2), eventually);
  expect(await page.locator('[data-scale-sentence]').textContent()).toContain('fit');
  await page.getByRole('button', { name: 'Show kubectl' }).click();
  await page.getByText('kubectl scale statefulset/ledger --replicas=5').waitFor();
  await page.getByRole('button', { name: 'Apply 5' }).click();
  await vi.waitFor(async () => expect(await progress(page)).toBe('5 of 5 ready'), eventually);
  expect(server.fleet.pods.has('default/ledger-4')).toBe(true);
  expect(problems).toEqual([]);
});

it('shows the revisions of a StatefulSet, rolls it back as kubectl does, and restarts nothing that has none', async () => {
  const { page, server, problems } = await openKinds('/statefulset/default/ledger');
  await vi.waitFor(async () => expect(await progress(page)).toBe('3 of 3 ready'), eventually);
  server.play('roll-out-set');
  const rollout = page.getByRole('region', { name: 'Rollout' });
  await vi.waitFor(
    async () => expect(await rollout.locator('[data-rollout]').textContent()).toContain('Revision 2 is rolled out'),
    eventually,
  );
  await vi.waitFor(
    async () => expect(await rollout.locator('[data-revision="2"]').textContent()).toContain('3 of 3 ready'),
    eventually,
  );
  expect(await rollout.locator('[data-revision="2"]').textContent()).toContain('ledger:1.4 → registry.test/ledger:1.5');
  await rollout.getByRole('button', { name: 'Roll back to revision 1…' }).click();
  await rollout.getByRole('button', { name: 'Roll back to revision 1', exact: true }).click();
  await vi.waitFor(
    async () => expect(await rollout.locator('[data-rollout]').textContent()).toContain('Revision 3 is rolled out'),
    eventually,
  );
  expect(server.fleet.pods.get('default/ledger-0')?.containers[0]?.image).toBe('registry.test/ledger:1.4');
  expect(await rollout.getByRole('button', { name: /Pause/ }).count()).toBe(0);
  await visit(page, `${server.url}/daemonset/default/collector`);
  await page.getByText('One pod on each node that suits it: 3 now.').waitFor();
  await rollout.getByText('Revision 1 is rolled out: 3 of 3 pods.').waitFor();
  expect(problems).toEqual([]);
});

it('follows the logs, and draws the autoscaler, of a StatefulSet', async () => {
  const { page, server, problems } = await openKinds('/statefulset/default/ledger?tab=logs');
  const sources = page.locator('.log-row:not(.log-marker) .log-source');
  await vi.waitFor(async () => expect(new Set(await sources.allTextContents()).size).toBe(3), eventually);
  server.play('autoscale-set');
  await visit(page, `${server.url}/statefulset/default/ledger?tab=usage`);
  await page.locator('[data-chart="Replicas"] canvas').waitFor();
  await page.getByText('Autoscaled by ledger, 3 to 10').waitFor();
  await page.locator('[data-chart="CPU"] canvas').waitFor();
  expect(problems).toEqual([]);
});

it('shows the logs of a Job that is done', async () => {
  const { page, problems } = await openKinds('/job/default/import');
  await vi.waitFor(async () => expect(await progress(page)).toBe('6 of 6 done'), eventually);
  await page.getByRole('tab', { name: 'Logs' }).click();
  const sources = page.locator('.log-row:not(.log-marker) .log-source');
  await vi.waitFor(async () => expect(new Set(await sources.allTextContents()).size).toBe(6), eventually);
  expect(problems).toEqual([]);
});

it('shows the YAML of a Job by its own API group', async () => {
  const { page, problems } = await openKinds('/job/default/import?tab=yaml');
  await page.locator('.panel-title').getByText('batch/v1', { exact: true }).waitFor();
  await page.getByText('completions').first().waitFor();
  expect(problems).toEqual([]);
});

it('has no accessibility violation in workloads of each kind, in either theme', async () => {
  const { page, server } = await openKinds('/');
  await page.locator('.workload').filter({ hasText: 'import' }).getByText('6/6 done').waitFor();
  await expectNoViolations(page);
  for (const path of ['/statefulset/default/ledger', '/daemonset/default/collector', '/job/default/import']) {
    await visit(page, server.url + path);
    await page.locator('.inspector .facts').waitFor();
    await expectNoViolations(page, '.inspector');
  }
});
