import { chromium } from 'playwright-core';
import { startMockServer } from '../mock/server.ts';
import { buildPage } from './build-page.ts';

const step = (s: string) => console.log(`${(performance.now() / 1000).toFixed(1)} ${s}`);
const distDir = process.env.DIST ?? (await buildPage());
console.log('dist', distDir);
const server = await startMockServer({ port: 0, speed: 4, nodes: 3, distDir });
server.play('demo');
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
context.setDefaultTimeout(60_000);
const page = await context.newPage();
page.on('pageerror', (e) => console.log('PAGEERROR', e.message, e.stack?.slice(0, 600)));
page.on('console', (m) => {
  if (m.type() === 'error') console.log('CONSOLE', m.text());
});
page.on('request', (r) => {
  if (/feed-history/.test(r.url())) console.log('REQ', r.url(), r.headers()['accept-encoding']);
});
const ready = () => page.locator('.fleet [data-state="ready"]').count();
const until = async (what: string, f: () => Promise<boolean>, ms = 60_000) => {
  const t = Date.now();
  while (!(await f())) {
    if (Date.now() - t > ms) {
      step(`TIMEOUT ${what}`);
      return;
    }
    await new Promise((r) => setTimeout(r, 100));
  }
  step(what);
};
const shot = (n: string) => page.screenshot({ path: `/tmp/dr-shot-${n}.png` });
const attempt = async (name: string, f: () => Promise<unknown>) => {
  try {
    await f();
    step(`ok ${name}`);
  } catch (e) {
    step(`FAILED ${name}: ${String(e).slice(0, 700)}`);
    await shot(`fail-${name.replace(/\W+/g, '-')}`);
  }
};
await page.goto(`${server.url}/deployment/default/web`);
await until('15 ready', async () => (await ready()) === 15);
await shot('1-live');
const then = Math.floor(Date.now() / 1000) + 1;
await new Promise((r) => setTimeout(r, then * 1000 + 300 - Date.now()));
server.fleet.scale('web', 9);
await until('21 ready', async () => (await ready()) === 21);
await attempt('slider', () => page.getByRole('slider', { name: 'Instant shown' }).fill(String(then)));
await until('15 in the past', async () => (await ready()) === 15, 20_000);
await shot('2-past');
await attempt('pin', () => page.getByRole('button', { name: /^Pin / }).click());
step(page.url());
await attempt('live again', () => page.getByRole('button', { name: 'Back to live' }).click());
await until('21 again', async () => (await ready()) === 21);
await attempt('what changed', async () => {
  await page.getByRole('button', { name: /^What changed since/ }).click();
  await page.getByRole('dialog').getByText('replicas 3 → 9').waitFor();
});
await shot('3-changed');
await page.keyboard.press('Escape');
await attempt('palette', async () => {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: /Find/ }).waitFor();
});
await page.keyboard.type('node');
await shot('4-palette');
await page.keyboard.type('-2');
await page.keyboard.press('Enter');
await attempt('node-2', () => page.getByRole('heading', { name: 'node-2', level: 2 }).waitFor());
await attempt('drain', async () => {
  await page.keyboard.press('d');
  await page.getByText(/Drains \d+ pods/).waitFor();
});
await shot('5-drain');
await attempt('drain run', async () => {
  await page.getByRole('button', { name: 'Drain node-2' }).click();
  await page.getByText('Drained; the node stays cordoned').waitFor();
});
await shot('6-drained');
await attempt('help', async () => {
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Drain the node').waitFor();
});
await shot('7-help');
await page.keyboard.press('Escape');
await attempt('rollout', async () => {
  await page.goto(`${server.url}/deployment/default/web`);
  server.play('roll-out');
  await page.getByText('registry.test/web:1.4 → registry.test/web:1.5').waitFor();
});
await shot('8-rollout');
await page.keyboard.press('P');
await shot('9-presenter');
await page.keyboard.press('Escape');
await attempt('filter', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('app in (web, database)');
});
step(`undimmed ${await page.locator('.fleet .tile:not(.is-dimmed)').count()}`);
await page.keyboard.press('Escape');
await page.emulateMedia({ colorScheme: 'dark' });
await page.goto(`${server.url}/?t=${new Date(then * 1000).toISOString()}`);
await until('15 by link', async () => (await ready()) === 15, 20_000);
await shot('10-dark-past');
await attempt('mark', async () => {
  await page.keyboard.press('}');
  await new Promise((r) => setTimeout(r, 1500));
});
step(String(await page.getByRole('slider', { name: 'Instant shown' }).getAttribute('aria-valuetext')));
await attempt('play', async () => {
  await page.getByRole('button', { name: 'Speed 4 times' }).click();
});
await until('live by playing', async () => (await page.locator('[data-live]').textContent()) === 'Live', 90_000);
await attempt('old', async () => {
  await page.goto(`${server.url}/?t=2020-01-01T00:00:00Z`);
  await page.getByText(/is not recorded/).waitFor();
});
await shot('11-unrecorded');
await browser.close();
await server.close();
step('end');
process.exit(0);
