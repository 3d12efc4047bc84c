import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'api-types',
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['src/**/*.docker.test.ts'],
  },
});
