import { defineConfig } from 'vitest/config';
import { unitTests } from './vitest.unit.ts';

/** The quick tests: no engine, no browser. Each package has its own config. */
export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', { test: { ...unitTests, name: 'scripts', include: ['scripts/**/*.test.ts'] } }],
    pool: 'forks',
  },
});
