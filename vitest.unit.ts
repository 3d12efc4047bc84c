/** What the quick tests of all packages have in common. */
export const unitTests = {
  /** Starting a process for each file took longer than most files' tests. */
  isolate: false,
  /** Vitest leaves one core to itself, which on two of them is half of what there is. */
  maxWorkers: 2,
  // On a busy machine a test waits for its turn; vitest's own seconds are no time.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 20_000 } },
} as const;
