import { defineConfig } from 'vitest/config';

/** Tests of the built page on the mock feed, in a real browser: `npm run test:browser -w apps/dashboard`. */
export default defineConfig({
  test: {
    name: 'dashboard-browser',
    root: import.meta.dirname,
    include: ['test/**/*.browser.test.ts'],
    globalSetup: ['test/build-once.ts'],
    // Looks of axe take many seconds each on a slow machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // One browser at a time: it takes what two cores give.
    fileParallelism: false,
    isolate: false,
    pool: 'forks',
  },
});
