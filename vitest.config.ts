import { defineConfig } from 'vitest/config';

/** The quick tests: no engine, no browser. Each package has its own config. */
export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', { test: { name: 'scripts', include: ['scripts/**/*.test.ts'] } }],
    pool: 'forks',
  },
});
