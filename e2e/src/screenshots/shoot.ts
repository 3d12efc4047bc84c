import { mkdir, writeFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { repositoryRoot } from '../testbed/local-cluster.ts';
import { shrinkPng } from './palette-png.ts';

export const viewport = { width: 1440, height: 900 };

const imagesDir = `${repositoryRoot}docs/images`;
/** What is drawn on a canvas has the new theme's colours with the next samples, which come every second. */
const repaintMs = 1_300;

/** Writes `docs/images/NAME.png`. */
export async function shoot(page: Page, name: string): Promise<void> {
  await atRest(page);
  const png = shrinkPng(await page.screenshot());
  await mkdir(imagesDir, { recursive: true });
  await writeFile(`${imagesDir}/${name}.png`, png);
  console.log(`docs/images/${name}.png, ${Math.round(png.length / 1024)} KiB`);
}

/** Writes `docs/images/dashboard/NAME-light.png` and `NAME-dark.png` of the page as it is. */
export async function shootBoth(page: Page, name: string): Promise<void> {
  await mkdir(`${imagesDir}/dashboard`, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    if ((await page.locator('canvas, .xterm').count()) > 0) await page.waitForTimeout(repaintMs);
    await shoot(page, `dashboard/${name}-${colorScheme}`);
  }
}

/** In the page. What never ends (a caret that blinks) or fades for long (lines to replacements) is not waited for. */
const endingAnimations = `Promise.all(document.getAnimations()
  .filter((one) => one.effect?.getComputedTiming().endTime < 3000)
  .map((one) => one.finished.catch(() => undefined)))`;

/** Once what flies in has landed. */
async function atRest(page: Page): Promise<void> {
  await page.evaluate(endingAnimations);
}
