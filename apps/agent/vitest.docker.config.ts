import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'agent-docker',
    include: ['src/**/*.docker.test.ts'],
    testTimeout: 90_000,
    hookTimeout: 60_000,
    // One engine: files side by side would only measure each other.
    fileParallelism: false,
  },
});
