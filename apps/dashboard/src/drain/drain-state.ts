import type { FeedPod } from '@gantry/api-types/feed';
import { create } from 'zustand';
import type { DrainRun } from './drain-run.ts';

export interface RunningDrain {
  readonly run: DrainRun;
  /** Server time, milliseconds since the epoch. */
  readonly startedAt: number;
  /** The node's pods when it began. */
  readonly before: readonly FeedPod[];
}

export interface DrainState {
  /** The node whose drain is being considered. */
  readonly asking: string | undefined;
  /** By node; kept while the page is, so that one may look elsewhere meanwhile. */
  readonly drains: ReadonlyMap<string, RunningDrain>;
  /** Grows with every step of any drain. */
  readonly version: number;
  ask(node: string | undefined): void;
  begin(node: string, drain: RunningDrain): void;
  forget(node: string): void;
  noteChange(): void;
}

/** The drains that this page carries out. */
export const useDrains = create<DrainState>((set) => ({
  asking: undefined,
  drains: new Map(),
  version: 0,
  ask: (asking) => set({ asking }),
  begin: (node, drain) => set(({ drains }) => ({ asking: undefined, drains: new Map(drains).set(node, drain) })),
  forget: (node) => set(({ drains }) => ({ drains: new Map([...drains].filter(([name]) => name !== node)) })),
  noteChange: () => set(({ version }) => ({ version: version + 1 })),
}));
