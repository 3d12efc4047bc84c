import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { expectNoViolations } from './axe.ts';
import { eventually, registerBrowser, visit } from './browser.ts';

const open = registerBrowser();
const yamlOfWeb = '/deployment/default/web?tab=yaml';

const editor = (page: Page) => page.locator('.yaml-host:not([hidden]) .cm-content');
const check = (page: Page) => page.getByRole('button', { name: 'Check and compare' });

/** Puts another text into the editor, as by a paste. */
async function replaceText(page: Page, text: string): Promise<void> {
  await editor(page).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}

/** Opens the YAML of the Deployment `web` once it is there. */
async function webText(page: Page): Promise<string> {
  await editor(page).waitFor();
  return page.evaluate(async () => {
    const answer = await fetch('/k8s/apis/apps/v1/namespaces/default/deployments/web');
    const { status: _, ...object } = (await answer.json()) as Record<string, unknown>;
    // JSON is YAML.
    return JSON.stringify(object, undefined, 1);
  });
}

it('marks what the schema of the API says is wrong, and what the API itself refuses', async () => {
  const { page } = await open({ path: yamlOfWeb });
  const text = await webText(page);
  expect(await editor(page).innerText()).toContain('kind: Deployment');
  await replaceText(page, text.replace('"replicas"', '"replcias"'));
  await page.locator('.cm-lint-marker-error').first().waitFor();
  const explained = page.getByText('unknown field "replcias"; did you mean "replicas"?');
  await vi.waitFor(
    async () => {
      // The mark may be drawn anew under the pointer, when the schema has arrived.
      await page.mouse.move(0, 0);
      await page.locator('.cm-lint-marker-error').first().hover();
      await explained.waitFor({ timeout: 2_000 });
    },
    { timeout: 30_000, interval: 500 },
  );
  await check(page).click();
  await page.getByRole('status').filter({ hasText: 'unknown field "spec.replcias"' }).waitFor();
  await replaceText(page, text.replace(/"replicas": \d+/, '"replicas": -2'));
  await check(page).click();
  await page
    .getByRole('status')
    .filter({ hasText: /spec\.replicas.*greater than or equal to 0/ })
    .waitFor();
  await page.locator('.cm-lintRange-error').first().waitFor();
  expect(await page.locator('.cm-lintRange-error').first().textContent()).toBe('"replicas"');
});

it('shows what would change before it is applied', async () => {
  const { page, server } = await open({ path: yamlOfWeb });
  const text = await webText(page);
  await replaceText(page, text.replace(/"replicas": \d+/, '"replicas": 4'));
  await check(page).click();
  const comparison = page.locator('[data-comparison]');
  await comparison.locator('.cm-deletedChunk').filter({ hasText: 'replicas: 3' }).waitFor();
  await comparison.locator('.cm-changedLine').filter({ hasText: 'replicas: 4' }).waitFor();
  expect(await comparison.locator('.cm-changedLine').count()).toBe(1);
  expect(server.fleet.workloads.get('Deployment/default/web')?.replicas).toBe(3);
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('Deployment web changed.').waitFor();
  expect(server.fleet.workloads.get('Deployment/default/web')?.replicas).toBe(4);
  await vi.waitFor(async () => expect(await editor(page).innerText()).toContain('replicas: 4'), eventually);
});

it('overwrites nothing that somebody else has changed meanwhile', async () => {
  const { page, server } = await open({ path: yamlOfWeb });
  const text = await webText(page);
  server.fleet.scale('web', 9);
  await replaceText(page, text.replace(/"replicas": \d+/, '"replicas": 4'));
  await check(page).click();
  const notice = page.getByRole('alert').filter({ hasText: 'somebody else has changed the same fields' });
  await notice.getByText('spec.replicas is now 9; here it is 4').waitFor();
  await notice.getByRole('button', { name: /Load what is there now/ }).click();
  await vi.waitFor(async () => expect(await editor(page).innerText()).toContain('replicas: 9'), eventually);
  expect(server.fleet.workloads.get('Deployment/default/web')?.replicas).toBe(9);
});

const documents = `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  colour: blue
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: fresh
spec:
  replicas: 2
  selector:
    matchLabels: { app: fresh }
  template:
    metadata:
      labels: { app: fresh }
    spec:
      containers:
      - name: app
        image: fresh:1
        resources:
          requests: { cpu: 100m, memory: 64Mi }
`;

it('creates several objects from one text, which the page then shows', async () => {
  const { page, server } = await open();
  await page.getByRole('button', { name: /Create or apply YAML/ }).click();
  await replaceText(page, documents);
  await check(page).click();
  await page.getByText(/ConfigMap settings is created, Deployment fresh is created/).waitFor();
  await page.getByRole('button', { name: 'Apply 2 objects' }).click();
  await page.getByText('ConfigMap settings created, Deployment fresh created.').waitFor();
  await vi.waitFor(
    () => expect([...server.fleet.pods.keys()].filter((key) => key.includes('/fresh-'))).toHaveLength(2),
    eventually,
  );
  await visit(page, `${server.url}/?edit=new`);
  await page.getByRole('combobox', { name: 'Open' }).selectOption({ label: 'ConfigMap (v1)' });
  await page.getByRole('combobox', { name: 'ConfigMap to open' }).selectOption('default/settings');
  await vi.waitFor(async () => expect(await editor(page).innerText()).toContain('colour: blue'), eventually);
  expect(new URL(page.url()).searchParams.get('edit')).toBe('v1,configmaps,default,settings');
  await page.getByRole('button', { name: 'Close the editor' }).click();
  await page.getByRole('link', { name: /fresh/ }).first().waitFor();
});

it('completes fields with their documentation', async () => {
  const { page } = await open({ path: '/?edit=new' });
  await editor(page).waitFor();
  await replaceText(page, 'apiVersion: apps/v1\nkind: Deployment\nspec:\n  repl');
  // Asking again before the last question is answered would begin anew each time.
  await vi.waitFor(
    async () => {
      await page.keyboard.press('Control+Space');
      expect(await page.locator('.cm-completionLabel').allTextContents()).toContain('replicas');
    },
    { timeout: 30_000, interval: 1_000 },
  );
  await page
    .locator('.cm-completionInfo')
    .filter({ hasText: /Number of desired pods/ })
    .waitFor();
  // A list takes no click in the moment it opens, and opens anew with each answer: an operator clicks again, too.
  await vi.waitFor(
    async () => {
      const label = page.locator('.cm-completionLabel', { hasText: /^replicas$/ });
      if ((await label.count()) > 0) await label.click({ timeout: 1_000 });
      expect(await editor(page).innerText()).toContain('replicas: ');
    },
    { timeout: 30_000, interval: 500 },
  );
});

it('shows a read-only session the text, and nothing to apply it with', async () => {
  const { page, server } = await open({ path: yamlOfWeb, role: 'read-only' });
  await page.getByText('This session is read-only: it may not patch deployments.').waitFor();
  expect(await editor(page).innerText()).toContain('kind: Deployment');
  expect(await check(page).count()).toBe(0);
  await visit(page, `${server.url}/?edit=${encodeURIComponent('v1,secrets,default,any')}`);
  await page.getByRole('alert').filter({ hasText: 'cannot get resource "secrets"' }).waitFor();
});

it('has no accessibility violation in either theme', async () => {
  const { page } = await open({ path: yamlOfWeb });
  const text = await webText(page);
  await replaceText(page, text.replace('"replicas"', '"replcias"'));
  await page.locator('.cm-lint-marker-error').first().waitFor();
  await expectNoViolations(page, '.inspector');
  await replaceText(page, text.replace(/"replicas": \d+/, '"replicas": 4'));
  await check(page).click();
  await page.locator('[data-comparison] .cm-deletedChunk').waitFor();
  await expectNoViolations(page, '.inspector');
});
