import type { ProcessFacts } from './process-instruments.ts';

interface LoopUtilization {
  readonly idle: number;
  readonly active: number;
  readonly utilization: number;
}

/** What of Node the facts are read from: its `process` and `performance`, and how a directory is listed. */
export interface ProcessSource {
  readonly process: {
    cpuUsage(): { readonly user: number; readonly system: number };
    readonly memoryUsage: { (): { readonly heapUsed: number }; rss(): number };
  };
  readonly performance: {
    readonly timeOrigin: number;
    eventLoopUtilization(now?: LoopUtilization, before?: LoopUtilization): LoopUtilization;
  };
  /** The names in a directory; throws where there is none. */
  readonly list: (directory: string) => readonly unknown[];
  readonly version: string;
}

/** A process as its metrics name it. */
export function factsOf({ process, performance, list, version }: ProcessSource): ProcessFacts {
  let loop = performance.eventLoopUtilization();
  return {
    cpuMicros() {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    residentBytes: () => process.memoryUsage.rss(),
    heapBytes: () => process.memoryUsage().heapUsed,
    openFiles() {
      try {
        return list('/proc/self/fd').length;
      } catch {
        // Not Linux.
        return 0;
      }
    },
    startedAt: performance.timeOrigin,
    loopUtilization() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, loop);
      loop = now;
      return Number.isFinite(utilization) ? utilization : 0;
    },
    version,
  };
}
