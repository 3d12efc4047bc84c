import type {
  Event,
  FeedCondition,
  FeedEndpointCounts,
  FeedEvent,
  FeedNode,
  FeedResources,
  FeedService,
  Node,
  Service,
} from '@gantry/api-types';
import { parseAmounts } from '@gantry/core/scheduler/pod-requests';

/** The node as the page shows it. */
export function trimNode(node: Node): FeedNode {
  const { metadata, spec, status } = node;
  const zone = metadata.labels?.['topology.kubernetes.io/zone'];
  const internalIp = status?.addresses?.find((address) => address.type === 'InternalIP')?.address;
  const info = status?.nodeInfo;
  return {
    key: metadata.name,
    uid: metadata.uid,
    createdAt: metadata.creationTimestamp,
    ...(metadata.labels ? { labels: metadata.labels } : {}),
    ...(zone ? { zone } : {}),
    ...(spec?.unschedulable ? { unschedulable: true } : {}),
    conditions: trimConditions(status?.conditions),
    taints: (spec?.taints ?? []).map(({ key, value, effect, timeAdded }) => ({
      key,
      effect,
      ...(value ? { value } : {}),
      ...(timeAdded ? { addedAt: timeAdded } : {}),
    })),
    capacity: amounts(status?.capacity),
    allocatable: { ...amounts(status?.allocatable), pods: Number(status?.allocatable?.pods ?? 0) },
    ...(internalIp ? { internalIp } : {}),
    ...(info?.containerRuntimeVersion ? { runtime: info.containerRuntimeVersion } : {}),
    ...(info?.osImage ? { os: `${info.osImage}, ${info.architecture}` } : {}),
  };
}

/** The Service as the page shows it; `endpoints` are those of its slices. */
export function trimService(service: Service, endpoints?: FeedEndpointCounts): FeedService {
  const { metadata, spec } = service;
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    uid: metadata.uid,
    createdAt: metadata.creationTimestamp,
    type: spec.type ?? 'ClusterIP',
    ...(spec.clusterIP ? { clusterIp: spec.clusterIP } : {}),
    ports: (spec.ports ?? []).map(
      (port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ''}/${port.protocol ?? 'TCP'}`,
    ),
    selector: spec.selector ?? {},
    ...(endpoints ? { endpoints } : {}),
  };
}

/** The Event as the page shows it. */
export function trimEvent(event: Event): FeedEvent {
  const { metadata, involvedObject: about } = event;
  const component = event.source?.component ?? event.reportingComponent;
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    uid: metadata.uid,
    createdAt: metadata.creationTimestamp,
    type: event.type ?? 'Normal',
    reason: event.reason ?? '',
    message: event.message ?? '',
    count: event.series?.count ?? event.count ?? 1,
    at: eventTime(event),
    about: {
      kind: about.kind ?? '',
      name: about.name ?? '',
      ...(about.namespace ? { namespace: about.namespace } : {}),
      ...(about.uid ? { uid: about.uid } : {}),
    },
    ...(component ? { component } : {}),
  };
}

/** When an Event was last seen: newer API versions and older ones keep it in different fields. */
export function eventTime(event: Event): string {
  return event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
}

/** Conditions without what the page does not show. */
export function trimConditions(
  conditions:
    | readonly { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }[]
    | undefined,
): FeedCondition[] {
  return (conditions ?? []).map(({ type, status, reason, message, lastTransitionTime }) => ({
    type,
    status,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    ...(lastTransitionTime ? { since: lastTransitionTime } : {}),
  }));
}

function amounts(list: Readonly<Record<string, string>> | undefined): FeedResources {
  const { milliCpu, memoryBytes } = parseAmounts(list);
  return { cpuMilli: milliCpu, memoryBytes };
}
