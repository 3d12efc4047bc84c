import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeUsage, PodUsage } from '@gantry/api-types';
import type { Clock } from '@gantry/core';
import { type CgroupLayout, cgroupDirectory, containerCgroup } from './cgroup-paths.ts';

export interface UsageSource {
  readonly podUid: string;
  readonly containerIds: readonly string[];
  /** The containers' cgroup parent where it is not the engine's default. */
  readonly parent: string | undefined;
}

export interface UsageSamplerOptions {
  readonly layout: CgroupLayout;
  readonly clock: Clock;
  readonly sources: () => readonly UsageSource[];
}

/** Counters of one container at one moment. */
export interface CgroupCounters {
  /** Cpu time used so far. */
  readonly cpuMicros: number;
  /** Usage less inactive file cache. */
  readonly memoryBytes: number;
  readonly periods: number;
  readonly throttledPeriods: number;
}

interface Sample extends CgroupCounters {
  readonly at: number;
}

/** Reads what the node's pods use from the cgroup files: no engine call takes part. */
export class UsageSampler {
  readonly #options: UsageSamplerOptions;
  #previous = new Map<string, Sample>();

  constructor(options: UsageSamplerOptions) {
    this.#options = options;
  }

  /** Usage since the last call; a container seen for the first time counts with no cpu. */
  async sample(): Promise<NodeUsage> {
    const { clock, sources, layout } = this.#options;
    const next = new Map<string, Sample>();
    const pods = await Promise.all(
      sources().map(async (source): Promise<PodUsage> => {
        const parts = await Promise.all(
          source.containerIds.map(async (id) => {
            const counters = await readCounters(layout, containerCgroup(layout, id, source.parent));
            if (!counters) return noUsage;
            const now = { ...counters, at: clock.now() };
            next.set(id, now);
            return usageBetween(this.#previous.get(id), now);
          }),
        );
        return { uid: source.podUid, ...parts.reduce(addUsage, noUsage) };
      }),
    );
    this.#previous = next;
    const total = pods.reduce(addUsage, noUsage);
    const at = new Date(clock.now()).toISOString();
    return { at, cpuMilli: total.cpuMilli, memoryBytes: total.memoryBytes, pods };
  }
}

type Usage = Omit<PodUsage, 'uid'>;

const noUsage: Usage = { cpuMilli: 0, memoryBytes: 0, throttledRatio: 0 };

function addUsage(a: Usage, b: Usage): Usage {
  return {
    cpuMilli: a.cpuMilli + b.cpuMilli,
    memoryBytes: a.memoryBytes + b.memoryBytes,
    throttledRatio: Math.max(a.throttledRatio, b.throttledRatio),
  };
}

function usageBetween(before: Sample | undefined, now: Sample): Usage {
  const elapsedMs = before ? now.at - before.at : 0;
  if (!before || elapsedMs <= 0) return { ...noUsage, memoryBytes: now.memoryBytes };
  const periods = now.periods - before.periods;
  const throttled = now.throttledPeriods - before.throttledPeriods;
  return {
    cpuMilli: Math.round(Math.max(0, now.cpuMicros - before.cpuMicros) / elapsedMs),
    memoryBytes: now.memoryBytes,
    throttledRatio: periods > 0 ? Math.min(1, Math.max(0, throttled / periods)) : 0,
  };
}

/** The counters of a cgroup; undefined where it is gone. */
export async function readCounters(layout: CgroupLayout, path: string): Promise<CgroupCounters | undefined> {
  try {
    return layout.version === 1 ? await readV1(layout, path) : await readV2(layout, path);
  } catch {
    // The container ended between the list and the read.
    return undefined;
  }
}

async function readV1(layout: CgroupLayout, path: string): Promise<CgroupCounters> {
  const [usage, cpuStat, memory, memoryStat] = await Promise.all([
    read(cgroupDirectory(layout, 'cpuacct', path), 'cpuacct.usage'),
    read(cgroupDirectory(layout, 'cpu', path), 'cpu.stat'),
    read(cgroupDirectory(layout, 'memory', path), 'memory.usage_in_bytes'),
    read(cgroupDirectory(layout, 'memory', path), 'memory.stat'),
  ]);
  return {
    cpuMicros: Number(usage) / 1000,
    memoryBytes: Math.max(0, Number(memory) - field(memoryStat, 'total_inactive_file')),
    periods: field(cpuStat, 'nr_periods'),
    throttledPeriods: field(cpuStat, 'nr_throttled'),
  };
}

async function readV2(layout: CgroupLayout, path: string): Promise<CgroupCounters> {
  const directory = cgroupDirectory(layout, '', path);
  const [cpuStat, memory, memoryStat] = await Promise.all([
    read(directory, 'cpu.stat'),
    read(directory, 'memory.current'),
    read(directory, 'memory.stat'),
  ]);
  return {
    cpuMicros: field(cpuStat, 'usage_usec'),
    memoryBytes: Math.max(0, Number(memory) - field(memoryStat, 'inactive_file')),
    periods: field(cpuStat, 'nr_periods'),
    throttledPeriods: field(cpuStat, 'nr_throttled'),
  };
}

function read(directory: string, file: string): Promise<string> {
  return readFile(join(directory, file), 'utf8');
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}
