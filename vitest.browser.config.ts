import { defineConfig } from 'vitest/config';

/** Tests of the page in a real browser. */
export default defineConfig({
  test: {
    include: ['apps/dashboard/test/**/*.browser.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
  },
});
