import { ApiError, apiVersionOf, kindOf, objectKey, type ResourceName } from '@gantry/api-types';
import { parseLabelSelector } from '@gantry/api-types/selector';
import type { InformerSource } from '@gantry/core';
import type { MetricSample } from '@gantry/core/autoscaling/metrics-reader';
import { formatTime } from '@gantry/core/lib/timestamp';
import type { ComputedApi, ComputedRequest } from '../api/computed-api.ts';
import { selectionOf } from '../api/computed-api.ts';
import type { AnyKind, AnyObject } from '../api/context.ts';
import type { DiscoveredResource } from '../api/discovery.ts';
import { unknownResource } from '../api/failures.ts';
import { textParameter } from '../api/http/query.ts';
import type { CustomMetrics } from './custom-metrics.ts';
import { formatMetric } from './metric-quantities.ts';
import { valueListResource } from './value-list-resource.ts';

export interface CustomMetricsApiOptions {
  readonly informers: InformerSource;
  readonly custom: CustomMetrics;
}

const group = 'custom.metrics.k8s.io';
const version = 'v1beta2';

/** The resources whose objects have metrics: those of their pods, added up. */
const described = {
  pods: 'pods',
  services: 'services',
  'ingresses.networking.k8s.io': 'ingresses.networking.k8s.io',
  ingresses: 'ingresses.networking.k8s.io',
  'deployments.apps': 'deployments.apps',
  'replicasets.apps': 'replicasets.apps',
  'statefulsets.apps': 'statefulsets.apps',
  'daemonsets.apps': 'daemonsets.apps',
} as const satisfies Readonly<Record<string, ResourceName>>;

/**
 * `custom.metrics.k8s.io/v1beta2`: `namespaces/NS/pods/NAME/METRIC`, of all pods with the name `*` and a `labelSelector`;
 * `metricLabelSelector` narrows the series. A metric that nobody asked for before is collected from then on: the first
 * answer is 404 and says so.
 */
export function createCustomMetricsApi(options: CustomMetricsApiOptions): ComputedApi {
  return {
    group,
    version,
    // Always something, or clients complain of an empty group at each command.
    resources: [resource('pods', '*')],
    present: () => options.custom.names().map((name) => resource('pods', name)),
    answer: (request) => ({ type: 'document', body: answer(options, request) }),
  };
}

function resource(plural: string, metric: string): DiscoveredResource {
  return valueListResource({ group, version, kind: 'MetricValueList', plural: `${plural}/${metric}` });
}

function answer({ informers, custom }: CustomMetricsApiOptions, request: ComputedRequest): object {
  const { namespace, name, subresource: metric, query } = request;
  const known = Object.hasOwn(described, request.resource)
    ? described[request.resource as keyof typeof described]
    : undefined;
  if (!known || namespace === undefined || name === undefined || metric === undefined) throw unknownResource();
  const definition = kindOf(known) as unknown as AnyKind;
  const { lister } = informers.informer(known);
  const metricSelector = parseLabelSelector(textParameter(query, 'metricLabelSelector'));
  const { matches } = selectionOf(definition, query);
  const chosen = lister.get(objectKey(namespace, name));
  const objects =
    name === '*' ? lister.list(namespace).filter((it) => matches(it as AnyObject)) : chosen ? [chosen] : [];
  const apiVersion = apiVersionOf(definition);
  const items = objects.flatMap(({ metadata }) => {
    const object = { kind: definition.kind, namespace, name: metadata.name };
    const sample = custom.ofObject(object, metric, metricSelector.matches);
    // As API objects refer to each other: `/v1` for the core group.
    const describedObject = { ...object, apiVersion: definition.group === '' ? '/v1' : apiVersion };
    return sample ? [{ describedObject, ...metricOf(metric, sample) }] : [];
  });
  const isCollected = custom.wanted.ask(namespace, metric);
  if (items.length === 0) throw notFound(custom, { metric, objects, isCollected, resource: request.resource });
  return { kind: 'MetricValueList', apiVersion: `${group}/${version}`, metadata: {}, items };
}

function metricOf(name: string, { at, value }: MetricSample) {
  return { metric: { name, selector: null }, timestamp: formatTime(at), value: formatMetric(value), selector: null };
}

interface Missing {
  readonly metric: string;
  readonly resource: string;
  readonly objects: readonly { readonly metadata: { readonly uid: string } }[];
  readonly isCollected: boolean;
}

function notFound(custom: CustomMetrics, { metric, resource, objects, isCollected }: Missing): ApiError {
  const problem = objects.map(({ metadata }) => custom.problemOf(metadata.uid)).find((text) => text !== undefined);
  const why =
    problem ??
    (isCollected
      ? 'it is collected from now on, every five seconds, from pods annotated prometheus.io/scrape: "true"; a counter needs two rounds'
      : 'too many metrics are collected already: those that nobody asks for any more end after five minutes');
  const message = `no value of metric ${metric} for ${resource}: ${why}`;
  return new ApiError('NotFound', message, { name: metric, group, kind: resource });
}
