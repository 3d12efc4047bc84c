import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'controller',
    include: ['src/**/*.test.ts'],
    exclude: ['src/**/*.docker.test.ts'],
    testTimeout: 60_000,
  },
});
