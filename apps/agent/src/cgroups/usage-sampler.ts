import { readFile } from 'node:fs/promises';
import { setImmediate as otherWork } from 'node:timers/promises';
import type { ContainerCounters, NetworkCounters, NodeUsage, PodUsage, WholeNodeUsage } from '@gantry/api-types';
import type { Clock } from '@gantry/core';
import { type CgroupLayout, containerCgroup } from './cgroup-paths.ts';
import { type CgroupCounters, CgroupFiles } from './container-counters.ts';
import { KernelFiles } from './kernel-files.ts';
import { PodNetworkReader, type PodNetworkSource } from './pod-network-reader.ts';
import type { ShimMemory } from './shim-memory.ts';
import { createWholeNodeReader, type WholeNodeCounters, type WholeNodePlace } from './whole-node.ts';

export interface UsageSource {
  readonly podUid: string;
  readonly containers: readonly SampledContainer[];
  /** The containers' cgroup parent where it is not the engine's default. */
  readonly parent: string | undefined;
  /** Undefined for pods on the host's network, whose traffic nobody tells from the host's. */
  readonly network?: PodNetworkSource | undefined;
}

export interface SampledContainer {
  readonly id: string;
  /** Undefined for a pause container: it counts for the pod only. */
  readonly name: string | undefined;
}

export interface UsageSamplerOptions {
  readonly layout: CgroupLayout;
  readonly clock: Clock;
  readonly sources: () => readonly UsageSource[];
  /** The process id of a container, asked once where its cgroup is not where the engine usually puts it. */
  readonly pidOf: (containerId: string) => Promise<number | undefined>;
  /** Where the node's own figures are. Default: the sum over its pods. */
  readonly wholeNode?: WholeNodePlace;
  /** Absent where nobody asks what containers cost beside what runs in them. */
  readonly shims?: ShimMemory;
}

interface Reading extends CgroupCounters {
  readonly at: number;
}

/** So many containers are read before other work gets its turn: about a millisecond. */
const containersPerTurn = 20;

/**
 * Reads what the node's pods use from the kernel's files: no engine call takes part, and files stay open between samples.
 * One sample at a time.
 */
export class UsageSampler {
  readonly #options: UsageSamplerOptions;
  readonly #files = new KernelFiles();
  readonly #network: PodNetworkReader;
  readonly #readNode: () => WholeNodeCounters | undefined;
  readonly #cgroups = new Map<string, CgroupFiles>();
  #previous = new Map<string, Reading>();
  #previousNode: (WholeNodeCounters & { readonly at: number }) | undefined;
  /** Where the cgroups of containers were found that are not in the usual place (rootless engines, nested ones). */
  readonly #located = new Map<string, string | undefined>();

  constructor(options: UsageSamplerOptions) {
    this.#options = options;
    this.#network = new PodNetworkReader(this.#files, options.pidOf);
    const place = options.wholeNode ?? { type: 'cgroup', path: () => undefined };
    this.#readNode = createWholeNodeReader(this.#files, options.layout, place);
  }

  /** Usage since the last call; a container seen for the first time counts with no cpu. */
  async sample(): Promise<NodeUsage> {
    const { clock, sources } = this.#options;
    const present = sources();
    const readings = new Map<string, Reading>();
    const traffic = this.#network.read(present);
    const pods: PodUsage[] = [];
    for (const source of present) {
      await this.#readContainers(source, readings);
      const network = (await traffic).get(source.podUid);
      pods.push(podUsage(source, { before: this.#previous, now: readings, network }));
    }
    this.#previous = readings;
    this.#forgetOthers(readings);
    const cpuMilli = pods.reduce((sum, pod) => sum + pod.cpuMilli, 0);
    const memoryBytes = pods.reduce((sum, pod) => sum + pod.memoryBytes, 0);
    const now = clock.now();
    const node = this.#wholeNode(now, { cpuMilli, memoryBytes });
    const overhead = this.#options.shims?.latest(() => readings.keys());
    return { at: new Date(now).toISOString(), cpuMilli, memoryBytes, pods, node, ...(overhead ? { overhead } : {}) };
  }

  /** Closes the files; the next sample opens them again. */
  close(): void {
    for (const cgroup of this.#cgroups.values()) cgroup.close();
    this.#cgroups.clear();
    this.#network.close();
  }

  async #readContainers({ containers, parent }: UsageSource, readings: Map<string, Reading>): Promise<void> {
    for (const { id } of containers) {
      if (readings.size % containersPerTurn === containersPerTurn - 1) await otherWork();
      const counters = this.#cgroupOf(id, parent)?.read() ?? (await this.#locate(id));
      if (counters) readings.set(id, { ...counters, at: this.#options.clock.now() });
    }
  }

  #cgroupOf(id: string, parent: string | undefined): CgroupFiles | undefined {
    const known = this.#cgroups.get(id);
    if (known) return known;
    const path = this.#located.has(id) ? this.#located.get(id) : containerCgroup(this.#options.layout, id, parent);
    if (path === undefined) return undefined;
    const cgroup = new CgroupFiles(this.#files, this.#options.layout, path);
    this.#cgroups.set(id, cgroup);
    return cgroup;
  }

  /** The container's cgroup cannot be read (any more): it is looked for once, by the container's process. */
  async #locate(id: string): Promise<CgroupCounters | undefined> {
    this.#cgroups.get(id)?.close();
    this.#cgroups.delete(id);
    if (this.#located.has(id)) return undefined;
    const { layout, pidOf } = this.#options;
    const pid = await pidOf(id).catch(() => undefined);
    this.#located.set(id, pid ? await cgroupOfProcess(layout, pid) : undefined);
    return this.#cgroupOf(id, undefined)?.read();
  }

  #forgetOthers(present: ReadonlyMap<string, Reading>): void {
    for (const [id, cgroup] of this.#cgroups) {
      if (present.has(id)) continue;
      cgroup.close();
      this.#cgroups.delete(id);
    }
    const named = new Set(this.#options.sources().flatMap(({ containers }) => containers.map(({ id }) => id)));
    for (const id of this.#located.keys()) if (!named.has(id)) this.#located.delete(id);
  }

  #wholeNode(at: number, pods: { readonly cpuMilli: number; readonly memoryBytes: number }): WholeNodeUsage {
    const before = this.#previousNode;
    const elapsedMs = before ? at - before.at : 0;
    const read = this.#readNode();
    const now: WholeNodeCounters = read ?? {
      cpuMicros: (before?.of === 'pods' ? before.cpuMicros : 0) + pods.cpuMilli * elapsedMs,
      memoryBytes: pods.memoryBytes,
      of: 'pods',
    };
    this.#previousNode = { ...now, at };
    const grown = before?.of === now.of && elapsedMs > 0 ? Math.max(0, now.cpuMicros - before.cpuMicros) : 0;
    return { ...now, cpuMilli: elapsedMs > 0 ? Math.round(grown / elapsedMs) : 0 };
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

interface PodReadings {
  readonly before: ReadonlyMap<string, Reading>;
  readonly now: ReadonlyMap<string, Reading>;
  readonly network: NetworkCounters | undefined;
}

function podUsage({ podUid, containers }: UsageSource, { before, now, network }: PodReadings): PodUsage {
  let [cpuMilli, memoryBytes, throttledRatio] = [0, 0, 0];
  const counted: ContainerCounters[] = [];
  for (const { id, name } of containers) {
    const reading = now.get(id);
    if (!reading) continue;
    const usage = usageBetween(before.get(id), reading);
    cpuMilli += usage.cpuMilli;
    memoryBytes += reading.memoryBytes;
    throttledRatio = Math.max(throttledRatio, usage.throttledRatio);
    if (name !== undefined) counted.push(countersOf(name, reading));
  }
  return {
    uid: podUid,
    cpuMilli,
    memoryBytes,
    throttledRatio,
    containers: counted,
    ...(network ? { network } : {}),
  };
}

function usageBetween(before: Reading | undefined, now: Reading): { cpuMilli: number; throttledRatio: number } {
  const elapsedMs = before ? now.at - before.at : 0;
  if (!before || elapsedMs <= 0) return { cpuMilli: 0, throttledRatio: 0 };
  const periods = now.periods - before.periods;
  const throttled = now.throttledPeriods - before.throttledPeriods;
  return {
    cpuMilli: Math.round(Math.max(0, now.cpuMicros - before.cpuMicros) / elapsedMs),
    throttledRatio: periods > 0 ? Math.min(1, Math.max(0, throttled / periods)) : 0,
  };
}

/** Zeros are left out: most containers have many of them. */
function countersOf(name: string, reading: Reading): ContainerCounters {
  const { cpuMicros, memoryBytes, throttledMicros, pids, readBytes, writeBytes, reads, writes } = reading;
  return {
    name,
    cpuMicros,
    memoryBytes,
    ...(throttledMicros > 0 ? { throttledMicros } : {}),
    ...(pids > 0 ? { pids } : {}),
    ...(readBytes > 0 ? { readBytes } : {}),
    ...(writeBytes > 0 ? { writeBytes } : {}),
    ...(reads > 0 ? { reads } : {}),
    ...(writes > 0 ? { writes } : {}),
  };
}
