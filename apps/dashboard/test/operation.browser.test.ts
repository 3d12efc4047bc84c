import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import type { MockFleet } from '../mock/fleet.ts';
import { tileState } from '../src/state/pod-state.ts';
import { expectNoViolations } from './axe.ts';
import { eventually, registerBrowser, visit } from './browser.ts';

const open = registerBrowser();

const readyTiles = (page: Page): Promise<number> => page.locator('.fleet [data-state="ready"]').count();
const focused = (page: Page): Promise<{ uid: string; node: string; x: number; y: number }> =>
  page.evaluate(() => {
    const box = document.activeElement?.getBoundingClientRect();
    return {
      uid: document.activeElement?.getAttribute('data-uid') ?? '',
      node: document.activeElement?.closest('[data-node]')?.getAttribute('data-node') ?? '',
      x: box?.x ?? 0,
      y: box?.y ?? 0,
    };
  });

it('says how old it is when the stream breaks, and shows the exact state once it is back', async () => {
  const { page, server } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  const starts = server.starts.length;
  server.cut(true);
  await page.getByRole('alert').filter({ hasText: 'Not live' }).waitFor();
  await page
    .locator('[data-live="stale"]')
    .filter({ hasText: /^Stale ([2-9]|\d\d+) s$/ })
    .waitFor();
  expect(await page.getByRole('button', { name: /Cordon/ }).count()).toBe(0);
  server.fleet.scale('web', 9);
  server.fleet.scale('worker', 2);
  await vi.waitFor(
    () => expect([...server.fleet.pods.values()].filter((pod) => pod.isReady)).toHaveLength(18),
    eventually,
  );
  expect(await readyTiles(page)).toBe(15);
  server.cut(false);
  await vi.waitFor(async () => expect(await page.locator('[data-live]').textContent()).toBe('Live'), eventually);
  await vi.waitFor(async () => expect(await podsOn(page)).toEqual(podsOf(server.fleet)), eventually);
  // More than once where a network that came or went on this machine broke the connection again.
  expect(new Set(server.starts.slice(starts))).toEqual(new Set(['resumed']));
});

it('asks again whether it may act where the question was lost on its way', async () => {
  const { page, server } = await open();
  await page.route('**/selfsubjectaccessreviews', (route) => route.abort(), { times: 2 });
  await visit(page, server.url);
  await page.getByRole('button', { name: 'Cordon node-1', exact: true }).waitFor();
});

it('walks the tiles with the arrow keys, over the borders of nodes, and opens one', async () => {
  const { page } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await page.locator('.fleet [data-tile][tabindex="0"]').focus();
  const first = await focused(page);
  await page.keyboard.press('ArrowRight');
  const second = await focused(page);
  expect(second.uid).not.toBe(first.uid);
  await page.keyboard.press('ArrowLeft');
  expect((await focused(page)).uid).toBe(first.uid);
  await page.keyboard.press('ArrowDown');
  expect((await focused(page)).y).toBeGreaterThan(first.y);
  const nodes = new Set<string>();
  for (let step = 0; step < 15; step++) {
    nodes.add((await focused(page)).node);
    await page.keyboard.press('ArrowRight');
  }
  expect(nodes.size).toBeGreaterThan(1);
  expect(await page.locator('.fleet [data-tile][tabindex="0"]').count()).toBe(1);
  await page.keyboard.press('Enter');
  await vi.waitFor(() => expect(page.url()).toMatch(/\/pod\/default\//), eventually);
  await page.getByText(/^Why node-/).waitFor();
  const scores = page.locator('[data-grid="scores"]');
  await scores.locator('.is-chosen').filter({ hasText: '✓' }).waitFor();
  expect(await scores.locator('tbody tr').count()).toBe(3);
  await page.keyboard.press('Escape');
  await vi.waitFor(() => expect(new URL(page.url()).pathname).toBe('/'), eventually);
});

it('has a tab stop among the tiles of a cluster where nothing changes', async () => {
  const { page, server } = await open();
  await vi.waitFor(
    () => expect([...server.fleet.pods.values()].filter((pod) => pod.isReady)).toHaveLength(15),
    eventually,
  );
  await page.reload();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  expect(await page.locator('.fleet [data-tile][tabindex="0"]').count()).toBe(1);
});

it('filters with the slash key and clears with Escape', async () => {
  const { page } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await page.keyboard.press('/');
  await page.keyboard.type('database');
  await vi.waitFor(async () => expect(await page.locator('.fleet .tile:not(.is-dimmed)').count()).toBe(1), eventually);
  expect(await page.getByRole('article').count()).toBe(1);
  expect(new URL(page.url()).searchParams.get('filter')).toBe('database');
  await page.reload();
  await vi.waitFor(async () => expect(await page.locator('.fleet .tile:not(.is-dimmed)').count()).toBe(1), eventually);
  expect(await page.getByRole('article').count()).toBe(1);
  await page.keyboard.press('/');
  await page.keyboard.press('Escape');
  await vi.waitFor(async () => expect(await page.getByRole('article').count()).toBe(3), eventually);
});

it('keeps the selection in the URL', async () => {
  const { page, server } = await open({ path: '/node/node-2' });
  await page.getByRole('heading', { name: 'node-2', level: 2 }).waitFor();
  await visit(page, `${server.url}/deployment/default/web`);
  await page.getByRole('heading', { name: 'web', level: 2 }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'node-2', level: 2 }).waitFor();
  await visit(page, `${server.url}/pod/default/nobody`);
  await page.getByText('There is no pod default/nobody, or no longer.').waitFor();
});

it('tells screen readers what happened as one sentence', async () => {
  const { page, server } = await open();
  const status = page.getByRole('status');
  await vi.waitFor(async () => expect(await status.textContent()).toBe('15 of 15 pods ready.'), eventually);
  server.play('pending');
  await vi.waitFor(
    async () => expect(await status.textContent()).toBe('15 of 18 pods ready, 3 waiting for CPU.'),
    eventually,
  );
});

it('has no accessibility violation in either theme', async () => {
  const { page, server } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  server.play('pending');
  server.play('kill-node');
  server.fleet.cordon('node-1', true);
  await page.getByText('does not answer.').waitFor();
  await page.getByRole('button', { name: /Not enough CPU.*Node is unreachable/ }).click();
  await page.locator('[data-grid="refusals"]').waitFor();
  await expectNoViolations(page);
  for (const path of ['/deployment/default/web', '/node/node-1']) {
    await visit(page, server.url + path);
    await page.locator('.inspector .facts').waitFor();
    await expectNoViolations(page, '.inspector');
  }
  await page.keyboard.press('t');
  await page.getByRole('table', { name: 'Pods' }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await expectNoViolations(page);
});

it('moves what the cluster moved and nothing else', async () => {
  const { page, server } = await open();
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  const before = new Set([...server.fleet.pods.values()].map(({ uid }) => uid));
  await page.evaluate(() => {
    const original = Element.prototype.animate;
    const moved: { uid: string | undefined; isFlight: boolean }[] = [];
    Object.assign(window, { moved });
    Element.prototype.animate = function animate(frames, options) {
      moved.push({ uid: (this as HTMLElement).dataset.uid, isFlight: JSON.stringify(frames).includes('translate') });
      return original.call(this, frames, options);
    };
  });
  server.fleet.scale('web', 9);
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(21), eventually);
  type Moved = { readonly uid: string; readonly isFlight: boolean };
  const moved = await page.evaluate(() => (window as unknown as { moved: Moved[] }).moved);
  const born = [...server.fleet.pods.values()].filter(({ uid }) => !before.has(uid) && uid);
  expect(new Set(moved.map(({ uid }) => uid))).toEqual(new Set(born.map(({ uid }) => uid)));
  // Each was created once, and bound once: no more than that is shown.
  const flown = moved.filter(({ isFlight }) => isFlight).map(({ uid }) => uid);
  expect(new Set(flown).size).toBe(flown.length);
});

it('moves nothing for those who asked for less motion', async () => {
  const { page, server } = await open();
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(15), eventually);
  await page.evaluate(() => {
    const original = Element.prototype.animate;
    const moved: string[] = [];
    Object.assign(window, { moved });
    Element.prototype.animate = function animate(frames, options) {
      moved.push(JSON.stringify(frames));
      return original.call(this, frames, options);
    };
  });
  server.fleet.scale('web', 9);
  await vi.waitFor(async () => expect(await readyTiles(page)).toBe(21), eventually);
  const frames = await page.evaluate(() => (window as unknown as { moved: string[] }).moved);
  expect(frames.length).toBeGreaterThan(0);
  expect(frames.filter((text) => /translate|scale/.test(text))).toEqual([]);
  await page.locator('.workload').first().click();
  await page.locator('[data-progress]').waitFor();
  expect(await timesOfMotion(page)).toEqual(['0s']);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  expect((await timesOfMotion(page)).length).toBeGreaterThan(1);
});

/** How long anything on the page takes to move by its styles, each time once. */
function timesOfMotion(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const times = new Set<string>();
    for (const element of document.querySelectorAll('*')) {
      for (const part of [undefined, '::before', '::after']) {
        const { transitionDuration, animationDuration, animationName } = getComputedStyle(element, part);
        for (const time of transitionDuration.split(', ')) times.add(time);
        if (animationName !== 'none') times.add(animationDuration);
      }
    }
    return [...times];
  });
}

/** Every pod that the page shows: which, in what state, on which node. */
async function podsOn(page: Page): Promise<string[]> {
  const shown = await page.locator('[data-tile]').evaluateAll((tiles) =>
    tiles.map((tile) => {
      const node = tile.closest('[data-node]')?.getAttribute('data-node') ?? 'no node';
      return `${tile.getAttribute('data-uid')} ${tile.getAttribute('data-state')} ${node}`;
    }),
  );
  return shown.sort(byText);
}

/** The same of the objects that the server has. */
function podsOf({ pods, nodes }: MockFleet): string[] {
  const words = [...pods.values()].map((pod) => {
    const { nodeName } = pod;
    return `${pod.uid} ${tileState(pod, nodeName ? nodes.get(nodeName) : undefined)} ${nodeName ?? 'no node'}`;
  });
  return words.sort(byText);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
