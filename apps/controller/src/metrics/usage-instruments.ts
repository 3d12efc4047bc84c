import type { ContainerCounters, NodeUsage, PodUsage } from '@gantry/api-types';
import { type Instrument, type Reading, readWhenAsked } from '@gantry/core/metrics/instruments';

/** A pod as series name it. */
export interface NamedPod {
  readonly namespace: string;
  readonly name: string;
}

/** The newest sample of a node. */
export interface SampledNode {
  readonly name: string;
  readonly usage: NodeUsage;
}

export interface UsageInstrumentsOptions {
  /** Nodes with a fresh sample. */
  readonly nodes: readonly SampledNode[];
  /** Undefined for pods that are not there any more. */
  readonly describe: (podUid: string) => NamedPod | undefined;
}

type Type = 'counter' | 'gauge';

/** A series of containers: its name, help, type and value; undefined leaves the container out. */
type ContainerSeries = readonly [string, string, Type, (container: ContainerCounters) => number | undefined];

const resourceSeries: readonly ContainerSeries[] = [
  ['container_cpu_usage_seconds_total', 'Cpu that the container used.', 'counter', (it) => it.cpuMicros / 1e6],
  ['container_memory_working_set_bytes', 'Memory in use that cannot be dropped.', 'gauge', (it) => it.memoryBytes],
];

const diskSeries: readonly ContainerSeries[] = [
  [
    'container_cpu_cfs_throttled_seconds_total',
    'Time that threads waited because the cpu limit was used up.',
    'counter',
    (it) => (it.throttledMicros ?? 0) / 1e6,
  ],
  ['container_fs_reads_bytes_total', 'Bytes read from disks.', 'counter', (it) => it.readBytes ?? 0],
  ['container_fs_writes_bytes_total', 'Bytes written to disks.', 'counter', (it) => it.writeBytes ?? 0],
  ['container_fs_reads_total', 'Reads from disks.', 'counter', (it) => it.reads ?? 0],
  ['container_fs_writes_total', 'Writes to disks.', 'counter', (it) => it.writes ?? 0],
  ['container_processes', 'Processes and threads.', 'gauge', (it) => it.pids],
];

/** What the kubelet's `/metrics/resource` has, of the given nodes, with the node as a label. */
export function resourceInstruments(options: UsageInstrumentsOptions): readonly Instrument[] {
  return [
    nodeSeries(
      options,
      'node_cpu_usage_seconds_total',
      'Cpu that the node used.',
      'counter',
      (it) => it.cpuMicros / 1e6,
    ),
    nodeSeries(options, 'node_memory_working_set_bytes', 'Memory of the node in use.', 'gauge', (it) => it.memoryBytes),
    ...resourceSeries.map((series) => containerSeries(options, series)),
    podSeries(options, ['pod_cpu_usage_seconds_total', 'Cpu that the pod’s containers used.', 'counter'], (pod) =>
      (pod.containers ?? []).reduce((sum, { cpuMicros }) => sum + cpuMicros / 1e6, 0),
    ),
    podSeries(
      options,
      ['pod_memory_working_set_bytes', 'Memory of the pod in use.', 'gauge'],
      (pod) => pod.memoryBytes,
    ),
  ];
}

/** What the kubelet's `/metrics/cadvisor` has of disks, network, throttling and processes. */
export function cadvisorInstruments(options: UsageInstrumentsOptions): readonly Instrument[] {
  const network = (name: string, help: string, of: 'rxBytes' | 'txBytes') =>
    podSeries(options, [name, help, 'counter'], (pod) => pod.network?.[of], 'eth0');
  return [
    ...diskSeries.map((series) => containerSeries(options, series)),
    network('container_network_receive_bytes_total', 'Bytes that the pod received.', 'rxBytes'),
    network('container_network_transmit_bytes_total', 'Bytes that the pod sent.', 'txBytes'),
  ];
}

function nodeSeries(
  { nodes }: UsageInstrumentsOptions,
  name: string,
  help: string,
  type: Type,
  read: (node: NonNullable<NodeUsage['node']>) => number,
): Instrument {
  return readWhenAsked({ name, help, type, labelNames: ['node'] }, () =>
    nodes.flatMap(({ name: node, usage }) =>
      usage.node ? [{ labels: [node], value: read(usage.node), at: Date.parse(usage.at) }] : [],
    ),
  );
}

function containerSeries(options: UsageInstrumentsOptions, [name, help, type, read]: ContainerSeries): Instrument {
  const labelNames = ['node', 'namespace', 'pod', 'container'];
  return readWhenAsked({ name, help, type, labelNames }, function* (): Iterable<Reading> {
    for (const { labels, pod, at } of podsOf(options)) {
      for (const container of pod.containers ?? []) {
        const value = read(container);
        if (value !== undefined) yield { labels: [...labels, container.name], value, at };
      }
    }
  });
}

function podSeries(
  options: UsageInstrumentsOptions,
  [name, help, type]: readonly [string, string, Type],
  read: (pod: PodUsage) => number | undefined,
  link?: string,
): Instrument {
  const labelNames = ['node', 'namespace', 'pod', ...(link === undefined ? [] : ['interface'])];
  return readWhenAsked({ name, help, type, labelNames }, function* (): Iterable<Reading> {
    for (const { labels, pod, at } of podsOf(options)) {
      const value = read(pod);
      if (value !== undefined) yield { labels: link === undefined ? labels : [...labels, link], value, at };
    }
  });
}

function* podsOf({ nodes, describe }: UsageInstrumentsOptions) {
  for (const { name: node, usage } of nodes) {
    const at = Date.parse(usage.at);
    for (const pod of usage.pods) {
      const known = describe(pod.uid);
      if (known) yield { labels: [node, known.namespace, known.name], pod, at };
    }
  }
}
