import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { ProcessFacts } from '@gantry/core/metrics/process-instruments';
import { gantryVersion } from '../version.ts';

/** This process, as its metrics name it. */
export function processFacts(): ProcessFacts {
  let loop = performance.eventLoopUtilization();
  return {
    cpuMicros() {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    residentBytes: () => process.memoryUsage.rss(),
    heapBytes: () => process.memoryUsage().heapUsed,
    openFiles,
    startedAt: performance.timeOrigin,
    loopUtilization() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, loop);
      loop = now;
      return Number.isFinite(utilization) ? utilization : 0;
    },
    version: gantryVersion,
  };
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    // Not Linux.
    return 0;
  }
}
