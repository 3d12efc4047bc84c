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
  /** The process id of a container, asked once where its cgroup is not where the engine usually puts it. */
  readonly pidOf: (containerId: string) => Promise<number | undefined>;
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
  /** Where the cgroups of containers were found that are not in the usual place (rootless engines, nested ones). */
  #located = new Map<string, string | undefined>();

  constructor(options: UsageSamplerOptions) {
    this.#options = options;
  }

  /** Usage since the last call; a container seen for the first time counts with no cpu. */
  async sample(): Promise<NodeUsage> {
    const { clock, sources } = this.#options;
    const next = new Map<string, Sample>();
    const pods = await Promise.all(
      sources().map(async (source): Promise<PodUsage> => {
        const parts = await Promise.all(
          source.containerIds.map(async (id) => {
            const counters = await this.#read(id, source.parent);
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
    const known = new Set(sources().flatMap(({ containerIds }) => containerIds));
    for (const id of this.#located.keys()) if (!known.has(id)) this.#located.delete(id);
    const total = pods.reduce(addUsage, noUsage);
    const at = new Date(clock.now()).toISOString();
    return { at, cpuMilli: total.cpuMilli, memoryBytes: total.memoryBytes, pods };
  }

  async #read(id: string, parent: string | undefined): Promise<CgroupCounters | undefined> {
    const { layout, pidOf } = this.#options;
    const found = this.#located.get(id) ?? containerCgroup(layout, id, parent);
    const counters = await readCounters(layout, found);
    if (counters || this.#located.has(id)) return counters;
    const pid = await pidOf(id).catch(() => undefined);
    const path = pid ? await cgroupOfProcess(layout, pid) : undefined;
    this.#located.set(id, path);
    return path === undefined ? undefined : readCounters(layout, path);
  }
}

async function cgroupOfProcess(layout: CgroupLayout, pid: number): Promise<string | undefined> {
  const table = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  const lines = table.split('\n').map((line) => line.split(':'));
  const line = lines.find(([, controllers = '']) =>
    layout.version === 1 ? controllers.split(',').includes('cpu') : controllers === '',
  );
  return line?.slice(2).join(':');
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
