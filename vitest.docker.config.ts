import { defineConfig } from 'vitest/config';

const include = ['apps/*/src/**/*.docker.test.ts'];
/** Files that look at what a whole host has: its routes, its rules, its load. */
const alone = ['apps/agent/src/network/**', 'apps/agent/src/services/**', 'apps/controller/src/node-pools/**'];

const common = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // On a busy machine an engine answers late; vitest's own second is no time.
  expect: { poll: { timeout: 20_000 } },
  pool: 'forks',
} as const;

/** Tests on the real engine, which is one: each test has a cluster of its own on it. */
export default defineConfig({
  test: {
    projects: [
      { test: { ...common, name: 'together', include, exclude: alone, maxWorkers: 3, sequence: { groupOrder: 0 } } },
      {
        test: {
          ...common,
          name: 'alone',
          include: alone.map((folder) => `${folder}/*.docker.test.ts`),
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
