import {
  ApiError,
  kindOf,
  type Node,
  type NodeMetrics,
  type ObjectMeta,
  objectKey,
  type Pod,
  type PodMetrics,
} from '@gantry/api-types';
import type { Clock, InformerSource } from '@gantry/core';
import { formatTime } from '@gantry/core/lib/timestamp';
import {
  type ComputedAnswer,
  type ComputedApi,
  type ComputedRequest,
  computedKind,
  selectionOf,
} from '../api/computed-api.ts';
import type { AnyKind, AnyObject } from '../api/context.ts';
import { unknownResource } from '../api/failures.ts';
import type { ServedKind } from '../api/registry.ts';
import type { ClusterMetrics } from './cluster-metrics.ts';
import { formatCpu, formatMemory, formatWindow } from './metric-quantities.ts';

export interface ResourceMetricsApiOptions {
  readonly informers: InformerSource;
  readonly metrics: ClusterMetrics;
  readonly clock: Clock;
}

const group = 'metrics.k8s.io';
const version = 'v1beta1';

const nodeMetricsKind = metricsKind('NodeMetrics', 'nodes', (object) => [(object as unknown as NodeMetrics).usage]);
const podMetricsKind = metricsKind('PodMetrics', 'pods', (object) =>
  (object as unknown as PodMetrics).containers.map(({ usage }) => usage),
);

/** `metrics.k8s.io/v1beta1` as metrics-server serves it: what `kubectl top` and clients of its kind read. */
export function createResourceMetricsApi(options: ResourceMetricsApiOptions): ComputedApi {
  return {
    group,
    version,
    resources: [nodeMetricsKind.definition, podMetricsKind.definition],
    described: [nodeMetricsKind.definition, podMetricsKind.definition],
    answer(request) {
      if (request.subresource !== undefined) throw unknownResource();
      if (request.resource === 'nodes' && request.namespace === undefined) return answerNodes(options, request);
      if (request.resource === 'pods') return answerPods(options, request);
      throw unknownResource();
    },
  };
}

function answerNodes(options: ResourceMetricsApiOptions, { name, query }: ComputedRequest): ComputedAnswer {
  const { lister } = options.informers.informer('nodes');
  if (name !== undefined) {
    const node = lister.get(name);
    const object = node && nodeMetrics(options, node);
    if (!object) throw notFound('nodemetrics', name);
    return { type: 'object', kind: nodeMetricsKind, object };
  }
  const { matches } = selectionOf(kindOf('nodes') as unknown as AnyKind, query);
  const items = byName(lister.list().filter((node) => matches(node))).flatMap(
    (node) => nodeMetrics(options, node) ?? [],
  );
  return { type: 'list', kind: nodeMetricsKind, items };
}

function answerPods(options: ResourceMetricsApiOptions, { namespace, name, query }: ComputedRequest): ComputedAnswer {
  const { lister } = options.informers.informer('pods');
  if (name !== undefined) {
    if (namespace === undefined) throw unknownResource();
    const pod = lister.get(objectKey(namespace, name));
    const object = pod && podMetrics(options, pod);
    if (!object) throw notFound('podmetrics', `${namespace}/${name}`);
    return { type: 'object', kind: podMetricsKind, object };
  }
  const { matches } = selectionOf(kindOf('pods') as unknown as AnyKind, query);
  const pods = lister.list(namespace).filter((pod) => matches(pod));
  return { type: 'list', kind: podMetricsKind, items: byName(pods).flatMap((pod) => podMetrics(options, pod) ?? []) };
}

function nodeMetrics({ metrics, clock }: ResourceMetricsApiOptions, { metadata }: Node): NodeMetrics | undefined {
  const record = metrics.nodeUsage(metadata.name);
  if (!record) return undefined;
  return {
    kind: 'NodeMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: metadataOf(metadata, clock.now()),
    timestamp: formatTime(record.at),
    window: formatWindow(record.windowMs),
    usage: { cpu: formatCpu(record.cpuMilli), memory: formatMemory(record.memoryBytes) },
  };
}

function podMetrics({ metrics, clock }: ResourceMetricsApiOptions, { metadata }: Pod): PodMetrics | undefined {
  const record = metrics.podUsage(metadata.uid);
  if (!record) return undefined;
  return {
    kind: 'PodMetrics',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: metadataOf(metadata, clock.now()),
    timestamp: formatTime(record.at),
    window: formatWindow(record.windowMs),
    containers: record.containers.map(({ name, cpuMilli, memoryBytes }) => ({
      name,
      usage: { cpu: formatCpu(cpuMilli), memory: formatMemory(memoryBytes) },
    })),
  };
}

/** Such an object is as old as the question; its labels are those of what it describes. */
function metadataOf({ name, namespace, labels }: Pod['metadata'], now: number): ObjectMeta {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    creationTimestamp: formatTime(now),
    ...(labels ? { labels } : {}),
  } as ObjectMeta;
}

function byName<T extends Pod | Node>(objects: readonly T[]): T[] {
  const keyOf = ({ metadata }: T) => `${metadata.namespace ?? ''}/${metadata.name}`;
  return objects.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function metricsKind(
  kind: string,
  plural: string,
  usages: (object: AnyObject) => readonly NodeMetrics['usage'][],
): ServedKind {
  // The one unit that each amount is written in above.
  const sum = (of: 'cpu' | 'memory', object: AnyObject) =>
    usages(object).reduce((all, usage) => all + Number.parseInt(usage[of] ?? '0', 10), 0);
  return computedKind({
    group,
    version,
    kind,
    plural,
    isNamespaced: plural === 'pods',
    columns: [
      {
        name: 'Name',
        type: 'string',
        format: 'name',
        description: 'Name of the resource',
        value: (it) => it.metadata.name,
      },
      {
        name: 'CPU',
        type: 'string',
        description: 'CPU usage in thousandths of a core',
        value: (it) => `${Math.round(sum('cpu', it) / 1e6)}m`,
      },
      {
        name: 'Memory',
        type: 'string',
        description: 'Working set',
        value: (it) => `${sum('memory', it)}Ki`,
      },
      {
        name: 'Window',
        type: 'string',
        description: 'What the usage is averaged over',
        value: (it) => (it as unknown as NodeMetrics).window,
      },
    ],
  });
}

function notFound(kind: string, name: string): ApiError {
  return new ApiError('NotFound', `${kind}.${group} "${name}" not found`, { name, group, kind });
}
