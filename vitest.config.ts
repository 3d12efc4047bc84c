import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    projects: ['packages/*', 'apps/*'].map((root) => root),
  },
});
