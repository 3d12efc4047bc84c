import { defineConfig } from 'vitest/config';

/** Whole clusters, used as their users do: `npm start`, kubectl, several hosts. */
export default defineConfig({
  test: {
    include: ['e2e/src/**/*.e2e.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
  },
});
