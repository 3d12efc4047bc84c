import { expect, it, vi } from 'vitest';
import { expectNoViolations } from './axe.ts';
import { registerBrowser } from './browser.ts';

const open = registerBrowser();
const eventually = { timeout: 15_000, interval: 50 };

it('draws a preview on the canvases of a large fleet', async () => {
  const { page, problems } = await open({ scene: 'fill-20', nodes: 60, path: '/deployment/default/load-1' });
  const canvas = page.locator('canvas[role="img"]').first();
  await canvas.waitFor();
  const pixels = (): Promise<string> => canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL());
  const name = (): Promise<string | null> => canvas.getAttribute('aria-label');
  await vi.waitFor(async () => expect(await name()).toMatch(/^20 pods on/), eventually);
  const before = await pixels();
  await page.getByLabel('Replicas', { exact: true }).fill('270');
  await vi.waitFor(async () => expect(await name()).toMatch(/^20 pods on node-1, 2 more in the preview;/), eventually);
  expect(await pixels()).not.toBe(before);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await vi.waitFor(async () => expect(await name()).toMatch(/^20 pods on node-1;/), eventually);
  expect(problems).toEqual([]);
});

it('asks what more hosts of a node pool would do', async () => {
  const { page, server, problems } = await open();
  const pool = {
    apiVersion: 'gantry.io/v1',
    kind: 'NodePool',
    metadata: { name: 'burst' },
    spec: { maxNodes: 2, template: { cpu: '2', memory: '4Gi', labels: { tier: 'burst' } } },
  };
  const made = await fetch(`${server.url}/k8s/apis/gantry.io/v1/nodepools`, {
    method: 'POST',
    body: JSON.stringify(pool),
  });
  expect(made.status).toBe(200);
  await page.getByRole('button', { name: 'What if…' }).click();
  const panel = page.getByRole('region', { name: 'What if' });
  await panel.getByLabel('Change').selectOption({ label: 'Add hosts' });
  await panel.getByLabel('Like those of').selectOption({ label: 'pool burst' });
  await panel.getByText('Each of 2 CPU and 4Gi; burst has 0 of at most 2.').waitFor();
  await panel.getByLabel('Hosts', { exact: true }).fill('3');
  await panel.getByText('It would not add so many itself.').waitFor();
  await panel.getByRole('button', { name: 'Add', exact: true }).click();
  await panel.getByText('3 more hosts of pool burst').waitFor();
  await vi.waitFor(async () => expect(await page.locator('[data-preview-host]').count()).toBe(3), eventually);
  expect(problems).toEqual([]);
});

it('recommends what to request, previews it, and resizes running pods in place', async () => {
  const { page, server, problems } = await open({ path: '/deployment/default/web?tab=usage' });
  const requests = (): number[] =>
    [...server.fleet.pods.values()].filter(({ key }) => key.includes('/web-')).map((pod) => pod.requests.cpuMilli);
  await vi.waitFor(
    () => expect([...server.fleet.pods.values()].filter(({ isReady }) => isReady)).toHaveLength(15),
    eventually,
  );
  await page.getByRole('button', { name: 'What should it request?' }).click();
  const panel = page.getByRole('region', { name: 'Right-sizing' });
  const web = panel.locator('[data-sized="Deployment/default/web"]');
  await web.getByText(/^frees .*CPU and/).waitFor();
  expect(await panel.locator('[data-sized]').count()).toBe(1);
  expect(await web.locator('tbody').textContent()).toMatch(/150m → \d+m/);
  const wanted = Number(/150m → (\d+)m/.exec((await web.locator('tbody').textContent()) ?? '')?.[1]);
  await web.getByRole('button', { name: 'Preview' }).click();
  await page
    .getByText(/^Preview: as many pods, .* requested/)
    .first()
    .waitFor();
  await web.getByRole('button', { name: 'Show YAML' }).click();
  expect(await web.locator('pre').textContent()).toContain('requests');
  await web.getByRole('button', { name: 'Resize in place…' }).click();
  await web.getByText('Resizes 3 running pods of web; no container restarts.').waitFor();
  await web.getByRole('button', { name: 'Resize in place', exact: true }).click();
  await web.getByText('3 pods resized in place.').waitFor();
  expect(requests()).toEqual([wanted, wanted, wanted]);
  await panel.getByRole('button', { name: 'All workloads' }).click();
  await vi.waitFor(async () => expect(await panel.locator('[data-sized]').count()).toBe(5), eventually);
  expect(problems).toEqual([]);
});

it('plans how to empty a node, and has no accessibility violation in that and in right-sizing, in either theme', async () => {
  const { page, server } = await open({ path: '/?rightsizing=all&rebalance=preview' });
  await vi.waitFor(
    () => expect([...server.fleet.pods.values()].filter(({ isReady }) => isReady)).toHaveLength(15),
    eventually,
  );
  const rebalance = page.getByRole('region', { name: 'Rebalance' });
  await rebalance.getByLabel('To').selectOption({ label: 'empty node-3' });
  const held = server.fleet.podsOn('node-3').length;
  const moves = rebalance.locator('.moves li').filter({ hasText: /: node-3 → node-[12]$/ });
  await vi.waitFor(async () => expect(await moves.count()).toBe(Math.min(held, 8)), eventually);
  await rebalance.getByRole('button', { name: `Move ${held} pods` }).waitFor();
  await page.getByRole('region', { name: 'Right-sizing' }).getByRole('button', { name: 'Ask again' }).click();
  await page.locator('[data-sized]').first().waitFor();
  await expectNoViolations(page);
});
