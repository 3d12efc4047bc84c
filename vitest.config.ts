import { defineConfig } from 'vitest/config';

/**
 * The quick tests: no engine, no browser. Each package has its own config, where `isolate: false` keeps a process for
 * many files: starting one for each took longer than most files' tests.
 */
export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', { test: { name: 'scripts', include: ['scripts/**/*.test.ts'] } }],
    pool: 'forks',
  },
});
