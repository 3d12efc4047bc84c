import { defineConfig } from 'vitest/config';

const files = (...names: readonly string[]) => names.map((name) => `e2e/src/${name}.e2e.test.ts`);

/** Files that take whole hosts or engines away, or use what others do (stand-in images, ports): beside each other only. */
const paired = files('engine-faults', 'hosts', 'node-pools', 'npm-start', 'own-apps', 'refused-agents', 'restarts');

/** Files that look at how fast something is noticed or how much cpu something gets, or that keep every cpu busy. */
const alone = files('dashboard', 'services', 'soak', 'tour');

const common = { testTimeout: 300_000, hookTimeout: 300_000, pool: 'forks' } as const;

/** Whole clusters, used as their users do: `npm start`, kubectl, several hosts. Most of their time is waiting. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'together',
          include: ['e2e/src/**/*.e2e.test.ts'],
          exclude: [...paired, ...alone],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...common, name: 'paired', include: paired, maxWorkers: 2, sequence: { groupOrder: 1 } } },
      {
        test: {
          ...common,
          name: 'alone',
          include: alone,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
