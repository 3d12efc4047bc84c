import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, vi } from 'vitest';

/** A look of axe takes seconds on a slow machine; what fades in meanwhile is faint, and looked at once more. */
const seldom = { timeout: 40_000, interval: 500 };

/** The themes differ in colours alone: of the second one only the rules about colours can say anything new. */
const ofColours = ['color-contrast', 'link-in-text-block'];

/**
 * Until axe has nothing against the page, or against a part of it (a selector), in the light theme and then in the dark
 * one, once what moves has come to rest.
 */
export async function expectNoViolations(page: Page, part?: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const rules = colorScheme === 'light' ? undefined : ofColours;
    await vi.waitFor(async () => expect(await violations(page, part, rules)).toEqual([]), seldom);
  }
}

/** What axe finds wrong, one line a place. */
async function violations(page: Page, part?: string, rules?: string[]): Promise<string[]> {
  const builder = new AxeBuilder({ page });
  if (part) builder.include(part);
  // Of what is right only a count is kept, not each place.
  builder.options({ resultTypes: ['violations'], ...(rules ? { runOnly: rules } : {}) });
  const { violations: found } = await builder.analyze();
  return found.flatMap((violation) =>
    violation.nodes.map(
      (node) => `${violation.id}: ${node.target.join(' ')} ${node.any.map((check) => check.message).join('; ')}`,
    ),
  );
}
