import type { Container, ObjectFieldSelector, Pod, ResourceFieldSelector } from '@gantry/api-types';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import { ConfigProblem } from './config-problem.ts';

/** What a pod may learn about itself. */
export interface PodFacts {
  readonly pod: Pod;
  readonly nodeName: string;
  readonly podIp: string;
  readonly hostIp: string;
  /** What a container without a limit may use. */
  readonly allocatable: { readonly milliCpu: number; readonly memoryBytes: number; readonly storageBytes: number };
}

/** The value of a `fieldRef` of the downward API. Throws {@link ConfigProblem} for a path that does not exist. */
export function fieldValue(facts: PodFacts, selector: ObjectFieldSelector): string {
  const { pod } = facts;
  const { fieldPath } = selector;
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (keyed) return pod.metadata[keyed[1] === 'labels' ? 'labels' : 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? 'default';
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return facts.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIp;
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIp;
    default:
      throw new ConfigProblem(`field path not supported: ${fieldPath}`);
  }
}

/** The value of a `resourceFieldRef`, rounded up to whole multiples of the divisor. */
export function resourceValue(facts: PodFacts, own: Container, selector: ResourceFieldSelector): string {
  const container = findContainer(facts.pod, selector.containerName ?? own.name);
  if (!container) throw new ConfigProblem(`container ${selector.containerName} not found`);
  const [list, name] = splitResource(selector.resource);
  const divisor = selector.divisor === undefined || selector.divisor === '0' ? '1' : selector.divisor;
  const text = container.resources?.[list]?.[name];
  if (name === 'cpu') {
    const milli = text === undefined ? missing(list, facts.allocatable.milliCpu) : parseCpuMilli(text);
    return String(Math.ceil(milli / parseCpuMilli(divisor)));
  }
  const bytes = text === undefined ? missing(list, allocatableBytes(facts, name)) : parseBytes(text);
  return String(Math.ceil(bytes / parseBytes(divisor)));
}

/** Huge pages have no default: a container that asks for none may use none. */
function allocatableBytes({ allocatable }: PodFacts, name: string): number {
  if (name === 'memory') return allocatable.memoryBytes;
  return name === 'ephemeral-storage' ? allocatable.storageBytes : 0;
}

function missing(list: 'requests' | 'limits', allocatable: number): number {
  return list === 'limits' ? allocatable : 0;
}

function splitResource(resource: string): ['requests' | 'limits', string] {
  const dot = resource.indexOf('.');
  const list = resource.slice(0, dot);
  if (list !== 'requests' && list !== 'limits') throw new ConfigProblem(`unsupported container resource : ${resource}`);
  return [list, resource.slice(dot + 1)];
}

function findContainer(pod: Pod, name: string): Container | undefined {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((container) => container.name === name);
}

/** `key="value"` lines in the order of the keys, values quoted as Go does. */
function formatMap(map: Readonly<Record<string, string>> = {}): string {
  return Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}
