import { defineConfig } from 'vitest/config';
import { unitTests } from '../../vitest.unit.ts';

export default defineConfig({
  test: { ...unitTests, name: 'core', include: ['src/**/*.test.ts'], exclude: ['src/**/*.docker.test.ts'] },
});
