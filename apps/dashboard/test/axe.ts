import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, vi } from 'vitest';

/** A look of axe takes seconds on a slow machine; what fades in meanwhile is faint, and looked at once more. */
const seldom = { timeout: 40_000, interval: 500 };

/** Until axe has nothing against the page, or against a part of it (a selector), once what moves has come to rest. */
export function expectNoViolations(page: Page, part?: string): Promise<void> {
  return vi.waitFor(async () => expect(await violations(page, part)).toEqual([]), seldom);
}

/** What axe finds wrong, one line a place. */
async function violations(page: Page, part?: string): Promise<string[]> {
  const builder = new AxeBuilder({ page });
  const { violations: found } = await (part ? builder.include(part) : builder).analyze();
  return found.flatMap((violation) =>
    violation.nodes.map(
      (node) => `${violation.id}: ${node.target.join(' ')} ${node.any.map((check) => check.message).join('; ')}`,
    ),
  );
}
