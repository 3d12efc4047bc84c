import { type Instrument, readWhenAsked } from './instruments.ts';

/** What a process knows of itself; asked when somebody reads its metrics. */
export interface ProcessFacts {
  /** Of cpu, in user and system mode. */
  readonly cpuMicros: () => number;
  readonly residentBytes: () => number;
  readonly heapBytes: () => number;
  readonly openFiles: () => number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Share of the time since it was asked last that the event loop was busy. */
  readonly loopUtilization: () => number;
  readonly version: string;
}

/** What every Prometheus client says of its process, and which version of Gantry it is. */
export function processInstruments(facts: ProcessFacts): readonly Instrument[] {
  const gauge = (name: string, help: string, read: () => number) => readWhenAsked({ name, help, type: 'gauge' }, read);
  const cpu = {
    name: 'process_cpu_seconds_total',
    help: 'Cpu used, in user and system mode.',
    type: 'counter',
  } as const;
  const build = { name: 'gantry_build_info', help: 'What runs.', type: 'gauge', labelNames: ['version'] } as const;
  return [
    readWhenAsked(cpu, () => facts.cpuMicros() / 1e6),
    gauge('process_resident_memory_bytes', 'Memory held.', facts.residentBytes),
    gauge('process_start_time_seconds', 'When it started, since the epoch.', () => facts.startedAt / 1000),
    gauge('process_open_fds', 'Open files and sockets.', facts.openFiles),
    gauge('nodejs_heap_size_used_bytes', 'Of the JavaScript heap.', facts.heapBytes),
    gauge('nodejs_eventloop_utilization', 'Busy share of the time since the last scrape.', facts.loopUtilization),
    readWhenAsked(build, () => [{ labels: [facts.version], value: 1 }]),
  ];
}
