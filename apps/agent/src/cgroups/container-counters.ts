import { type CgroupLayout, cgroupDirectory } from './cgroup-paths.ts';
import { type KernelFile, type KernelFiles, kernelFile } from './kernel-files.ts';
import { fieldOf, numberOf, parseBlkio, parseIoStat } from './parse-counters.ts';

/** Counters of one container at one moment. */
export interface CgroupCounters {
  /** Cpu time used so far. */
  readonly cpuMicros: number;
  /** Usage less inactive file cache. */
  readonly memoryBytes: number;
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledMicros: number;
  readonly pids: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly reads: number;
  readonly writes: number;
}

const names = {
  1: {
    cpu: ['cpuacct', 'cpuacct.usage'],
    cpuStat: ['cpu', 'cpu.stat'],
    memory: ['memory', 'memory.usage_in_bytes'],
    memoryStat: ['memory', 'memory.stat'],
    pids: ['pids', 'pids.current'],
    // The plain ones leave out the cgroups that a container makes below its own.
    io: ['blkio', 'blkio.throttle.io_service_bytes_recursive'],
    operations: ['blkio', 'blkio.throttle.io_serviced_recursive'],
  },
  2: {
    cpu: ['', 'cpu.stat'],
    cpuStat: ['', 'cpu.stat'],
    memory: ['', 'memory.current'],
    memoryStat: ['', 'memory.stat'],
    pids: ['', 'pids.current'],
    io: ['', 'io.stat'],
    operations: ['', 'io.stat'],
  },
} as const;

type FileName = keyof (typeof names)[1];

/** The files of one cgroup. */
export class CgroupFiles {
  readonly #files: KernelFiles;
  readonly #version: 1 | 2;
  readonly #opened: Readonly<Record<FileName, KernelFile>>;

  constructor(files: KernelFiles, layout: CgroupLayout, path: string) {
    this.#files = files;
    this.#version = layout.version;
    const open = (name: FileName) => {
      const [controller, file] = names[layout.version][name];
      return kernelFile(`${cgroupDirectory(layout, controller, path)}/${file}`);
    };
    this.#opened = {
      cpu: open('cpu'),
      cpuStat: open('cpuStat'),
      memory: open('memory'),
      memoryStat: open('memoryStat'),
      pids: open('pids'),
      io: open('io'),
      operations: open('operations'),
    };
  }

  /** Undefined where the cgroup is gone or was never there. What the kernel does not count is 0. */
  read(): CgroupCounters | undefined {
    const cpu = this.#text('cpu');
    const memory = this.#text('memory');
    if (cpu === undefined || memory === undefined) return undefined;
    return this.#version === 1 ? this.#readV1(cpu, memory) : this.#readV2(cpu, memory);
  }

  close(): void {
    for (const file of Object.values(this.#opened)) this.#files.close(file);
  }

  #text(name: FileName): string | undefined {
    return this.#files.read(this.#opened[name]);
  }

  #readV1(cpu: string, memory: string): CgroupCounters {
    const stat = this.#text('cpuStat') ?? '';
    const bytes = parseBlkio(this.#text('io') ?? 'Total');
    // Who moved no byte made no request.
    const isIdle = bytes.read === 0 && bytes.write === 0;
    const operations = isIdle ? bytes : parseBlkio(this.#text('operations') ?? 'Total');
    return {
      cpuMicros: Math.round(numberOf(cpu) / 1000),
      memoryBytes: this.#workingSet(memory, 'total_inactive_file'),
      periods: fieldOf(stat, 'nr_periods'),
      throttledPeriods: fieldOf(stat, 'nr_throttled'),
      throttledMicros: Math.round(fieldOf(stat, 'throttled_time') / 1000),
      pids: numberOf(this.#text('pids') ?? ''),
      readBytes: bytes.read,
      writeBytes: bytes.write,
      reads: operations.read,
      writes: operations.write,
    };
  }

  #readV2(cpu: string, memory: string): CgroupCounters {
    const { bytes, operations } = parseIoStat(this.#text('io') ?? '');
    return {
      cpuMicros: fieldOf(cpu, 'usage_usec'),
      memoryBytes: this.#workingSet(memory, 'inactive_file'),
      periods: fieldOf(cpu, 'nr_periods'),
      throttledPeriods: fieldOf(cpu, 'nr_throttled'),
      throttledMicros: fieldOf(cpu, 'throttled_usec'),
      pids: numberOf(this.#text('pids') ?? ''),
      readBytes: bytes.read,
      writeBytes: bytes.write,
      reads: operations.read,
      writes: operations.write,
    };
  }

  #workingSet(usage: string, inactive: string): number {
    return Math.max(0, numberOf(usage) - fieldOf(this.#text('memoryStat') ?? '', inactive));
  }
}
