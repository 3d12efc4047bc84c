import { defineConfig } from 'vitest/config';

/** Tests on the real engine: one file at a time, because the engine is one. */
export default defineConfig({
  test: {
    include: ['apps/*/src/**/*.docker.test.ts'],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // On a busy machine an engine answers late; vitest's own second is no time.
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
  },
});
