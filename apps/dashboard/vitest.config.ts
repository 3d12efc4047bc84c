import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { name: 'dashboard', isolate: false, include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'mock/**/*.test.ts'] },
});
