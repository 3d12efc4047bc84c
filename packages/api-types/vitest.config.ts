import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'api-types',
    isolate: false,
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['src/**/*.docker.test.ts'],
  },
});
