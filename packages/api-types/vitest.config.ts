import { defineConfig } from 'vitest/config';
import { unitTests } from '../../vitest.unit.ts';

export default defineConfig({
  test: {
    ...unitTests,
    name: 'api-types',
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['src/**/*.docker.test.ts'],
  },
});
