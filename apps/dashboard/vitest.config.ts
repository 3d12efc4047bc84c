import { defineConfig } from 'vitest/config';
import { unitTests } from '../../vitest.unit.ts';

export default defineConfig({
  test: { ...unitTests, name: 'dashboard', include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'mock/**/*.test.ts'] },
});
