import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'core',
    isolate: false,
    include: ['src/**/*.test.ts'],
    exclude: ['src/**/*.docker.test.ts'],
    testTimeout: 60_000,
  },
});
