import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'agent',
    include: ['src/**/*.test.ts'],
    exclude: ['src/**/*.docker.test.ts'],
    // Longer than the waits within tests, which tell what they waited for.
    testTimeout: 60_000,
  },
});
