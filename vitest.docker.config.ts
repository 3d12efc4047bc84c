import { defineConfig } from 'vitest/config';

/** Tests on the real engine: one file at a time, because the engine is one. */
export default defineConfig({
  test: {
    include: ['apps/*/src/**/*.docker.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // On a busy machine an engine answers late; vitest's own second is no time.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
  },
});
