import { defineConfig } from 'vitest/config';

/** Tests in a real browser against the built page and the mock feed: `npm run test:browser -w apps/dashboard`. */
export default defineConfig({
  test: {
    name: 'dashboard-browser',
    include: ['test/**/*.browser.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // One browser at a time: the machine is shared.
    fileParallelism: false,
  },
});
