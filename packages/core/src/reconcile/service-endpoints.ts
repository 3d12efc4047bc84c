import type {
  EndpointAddress,
  EndpointPort,
  EndpointSlice,
  EndpointSubset,
  Endpoints,
  NewObject,
  Service,
} from '@gantry/api-types';
import { isSemanticallyEqual } from '../lib/deep-equal.ts';
import { addressTypesOf } from './endpoints.ts';
import { repackSubsets, type SubsetMember } from './repack-subsets.ts';

export const endpointsManagedByLabel = 'endpoints.kubernetes.io/managed-by';
export const endpointsManager = 'endpoint-controller';
export const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity';
const headlessLabel = 'service.kubernetes.io/headless';
const maxAddresses = 1000;

export interface ServiceEndpointsObservation {
  /** One with a selector. */
  readonly service: Service;
  /** Those that the EndpointSlice reconciler made for the Service. */
  readonly slices: readonly EndpointSlice[];
  /** The Endpoints of the Service's name. */
  readonly present: Endpoints | undefined;
}

export type ServiceEndpointsPlan =
  | { readonly action: 'create'; readonly object: NewObject<Endpoints> }
  | { readonly action: 'update'; readonly object: Endpoints }
  | { readonly action: 'none' };

/**
 * The `v1` Endpoints of a Service: what its EndpointSlices say, in the form older clients read. Of the first address
 * type only, without pods that are leaving, and at most 1,000 addresses, which an annotation says. Waits for the first
 * slice, which every Service with a selector gets. Pure.
 */
export function planServiceEndpoints(observation: ServiceEndpointsObservation): ServiceEndpointsPlan {
  const { service, slices, present } = observation;
  if (slices.length === 0 || present?.metadata.deletionTimestamp !== undefined) return { action: 'none' };
  const all = repackSubsets(slices.flatMap((slice) => membersOf(service, slice)));
  const { subsets, isTruncated } = truncateSubsets(all);
  const labels = endpointsLabels(service);
  const annotations = endpointsAnnotations(present, isTruncated);
  if (!present) return { action: 'create', object: newEndpoints(service, labels, annotations, subsets) };
  const isSame =
    isSemanticallyEqual(present.subsets, subsets) &&
    isSemanticallyEqual(present.metadata.labels, labels, 'labels') &&
    isSemanticallyEqual(present.metadata.annotations, annotations, 'annotations');
  if (isSame) return { action: 'none' };
  const { annotations: _, ...metadata } = present.metadata;
  const changed = { ...metadata, labels, ...(annotations ? { annotations } : {}) };
  return { action: 'update', object: { ...present, metadata: changed, subsets: [...subsets] } };
}

function newEndpoints(
  service: Service,
  labels: Record<string, string>,
  annotations: Record<string, string> | undefined,
  subsets: readonly EndpointSubset[],
): NewObject<Endpoints> {
  const { namespace, name } = service.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      ...(annotations ? { annotations } : {}),
    },
    subsets: [...subsets],
  };
}

/** What others annotated, and whether addresses are missing; undefined for none. */
function endpointsAnnotations(
  present: Endpoints | undefined,
  isTruncated: boolean,
): Record<string, string> | undefined {
  const { [overCapacityAnnotation]: _, ...others } = present?.metadata.annotations ?? {};
  const annotations = { ...others, ...(isTruncated ? { [overCapacityAnnotation]: 'truncated' } : {}) };
  return Object.keys(annotations).length > 0 ? annotations : undefined;
}

/** Whether the Endpoints were made from a Service's pods, not by a user. */
export function isManagedEndpoints({ metadata }: Endpoints): boolean {
  return metadata.labels?.[endpointsManagedByLabel] === endpointsManager;
}

function membersOf(service: Service, slice: EndpointSlice): readonly SubsetMember[] {
  if (slice.addressType !== addressTypesOf(service)[0]) return [];
  const ports = slice.ports.flatMap(({ name, protocol, port, appProtocol }): EndpointPort[] => {
    if (port === undefined) return [];
    return [
      {
        ...(name ? { name } : {}),
        port,
        protocol: protocol ?? 'TCP',
        ...(appProtocol === undefined ? {} : { appProtocol }),
      },
    ];
  });
  // None of the Service's ports means anything in these pods.
  if (ports.length === 0 && (service.spec.ports ?? []).length > 0) return [];
  return slice.endpoints.flatMap(({ addresses, conditions, hostname, nodeName, targetRef }): SubsetMember[] => {
    const [ip] = addresses;
    const isReady = conditions?.ready ?? true;
    if (ip === undefined || (conditions?.terminating === true && !isReady)) return [];
    const address: EndpointAddress = {
      ip,
      ...(hostname === undefined ? {} : { hostname }),
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(targetRef === undefined ? {} : { targetRef }),
    };
    return [{ address, isReady, ports }];
  });
}

/** The Service's own labels and those that say what made the object. */
function endpointsLabels(service: Service): Record<string, string> {
  return {
    ...service.metadata.labels,
    ...(service.spec.clusterIP === 'None' ? { [headlessLabel]: '' } : {}),
    [endpointsManagedByLabel]: endpointsManager,
  };
}

/** Ready addresses before those that are not; each subset keeps its share. */
function truncateSubsets(subsets: readonly EndpointSubset[]): {
  readonly subsets: readonly EndpointSubset[];
  readonly isTruncated: boolean;
} {
  const ready = countOf(subsets, 'addresses');
  const notReady = countOf(subsets, 'notReadyAddresses');
  if (ready + notReady <= maxAddresses) return { subsets, isTruncated: false };
  const isReadyCut = ready > maxAddresses;
  const cut = isReadyCut ? 'addresses' : 'notReadyAddresses';
  const room = isReadyCut ? maxAddresses : maxAddresses - ready;
  const total = isReadyCut ? ready : notReady;
  let left = room;
  const kept = subsets.map((subset): EndpointSubset => {
    const { addresses = [], notReadyAddresses = [], ...rest } = subset;
    const list = subset[cut] ?? [];
    const part = list.slice(0, Math.min(left, Math.ceil((list.length / total) * room)));
    left -= part.length;
    const next = { addresses, notReadyAddresses: isReadyCut ? [] : notReadyAddresses, [cut]: part };
    return {
      ...(next.addresses.length > 0 ? { addresses: next.addresses } : {}),
      ...(next.notReadyAddresses.length > 0 ? { notReadyAddresses: next.notReadyAddresses } : {}),
      ...rest,
    };
  });
  const isFilled = (subset: EndpointSubset) => subset.addresses !== undefined || subset.notReadyAddresses !== undefined;
  return { subsets: kept.filter(isFilled), isTruncated: true };
}

function countOf(subsets: readonly EndpointSubset[], field: 'addresses' | 'notReadyAddresses'): number {
  return subsets.reduce((sum, subset) => sum + (subset[field]?.length ?? 0), 0);
}
