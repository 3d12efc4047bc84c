import { defineConfig } from 'vitest/config';

/**
 * Files that must have the machine to themselves: they look at how fast something is noticed, take whole hosts or
 * engines away, use what others do (the demo's images and port), or keep every cpu busy.
 */
const alone = [
  'dashboard',
  'engine-faults',
  'hosts',
  'node-pools',
  'npm-start',
  'own-apps',
  'restarts',
  'services',
  'soak',
  'tour',
].map((name) => `e2e/src/${name}.e2e.test.ts`);

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
          exclude: alone,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'alone',
          include: alone,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
