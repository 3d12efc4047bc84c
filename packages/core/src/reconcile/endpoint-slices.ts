import type { Endpoint, EndpointSlice, KubernetesObject, NewObject, Pod, Service } from '@gantry/api-types';
import { isSemanticallyEqual } from '../lib/deep-equal.ts';
import { managedByLabel, serviceNameLabel } from '../network/services/service-objects.ts';
import { addressTypesOf, type EndpointGroup, groupEndpoints, portsKey } from './endpoints.ts';
import { controllerReference } from './owner-references.ts';
import { hintGroups } from './topology-hints.ts';
import type { ZoneShares } from './zones.ts';

export { managedByLabel, serviceNameLabel };

export const endpointSliceManager = 'endpointslice-controller.k8s.io';
const headlessLabel = 'service.kubernetes.io/headless';
const maxEndpointsPerSlice = 100;

export interface EndpointSlicePlan {
  readonly create: readonly NewObject<EndpointSlice>[];
  readonly update: readonly EndpointSlice[];
  readonly delete: readonly EndpointSlice[];
  /** Why the endpoints have no hints that the Service asks for by its annotation `topology-mode`. */
  readonly hintsProblem?: string;
}

export interface EndpointSliceObservation {
  readonly service: Service;
  /** Those that the Service's selector matches, of its namespace. */
  readonly pods: readonly Pod[];
  /** The slices that this controller made for the Service. */
  readonly slices: readonly EndpointSlice[];
  readonly zoneOf: (nodeName: string) => string | undefined;
  /** Asked for where zones share the endpoints by their cpu. */
  readonly zoneShares: () => ZoneShares;
}

/** What the slices of one owner have in common. */
export interface SliceShape {
  readonly owner: KubernetesObject;
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined leaves a present slice's annotations as they are. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * The slices that make a Service's endpoints known: at most 100 endpoints each, an endpoint stays in its slice as long
 * as it can, so that few slices change. A Service without endpoints keeps one empty slice per address type. Pure.
 */
export function planEndpointSlices(observation: EndpointSliceObservation): EndpointSlicePlan {
  const { service, pods, zoneOf, zoneShares } = observation;
  const { groups, problem } = hintGroups(service, groupEndpoints(service, pods, zoneOf), zoneShares);
  const shape = { owner: service, labels: sliceLabels(service) };
  const plan = arrangeSlices(withPlaceholders(service, groups), observation.slices, shape);
  return problem === undefined ? plan : { ...plan, hintsProblem: problem };
}

/** Spreads groups of endpoints over slices of at most 100, changing as few of the present ones as it can. Pure. */
export function arrangeSlices(
  groups: readonly EndpointGroup[],
  present: readonly EndpointSlice[],
  shape: SliceShape,
): EndpointSlicePlan {
  const living = present.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const create: NewObject<EndpointSlice>[] = [];
  const update: EndpointSlice[] = [];
  const unused = new Set(living);
  for (const group of groups) {
    const key = portsKey(group.addressType, group.ports);
    const slices = living.filter((slice) => portsKey(slice.addressType, slice.ports ?? []) === key);
    for (const [slice, endpoints] of distribute(group, slices)) {
      if (!slice) {
        create.push(newSlice(shape, group, endpoints));
        continue;
      }
      unused.delete(slice);
      const next = changedSlice(shape, slice, endpoints);
      if (next) update.push(next);
    }
  }
  return { create, update, delete: [...unused] };
}

function withPlaceholders(service: Service, groups: readonly EndpointGroup[]): readonly EndpointGroup[] {
  const empty = addressTypesOf(service)
    .filter((addressType) => !groups.some((group) => group.addressType === addressType))
    .map((addressType): EndpointGroup => ({ addressType, ports: [], endpoints: [] }));
  return [...groups, ...empty];
}

/** Which endpoints go into which present slice; undefined stands for a new one. Slices not listed are not needed. */
function distribute(
  group: EndpointGroup,
  slices: readonly EndpointSlice[],
): readonly (readonly [EndpointSlice | undefined, readonly Endpoint[]])[] {
  const homeless = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const filled = slices.map((slice): [EndpointSlice | undefined, Endpoint[]] => {
    const stay: Endpoint[] = [];
    for (const present of slice.endpoints ?? []) {
      const wanted = homeless.get(endpointKey(present));
      if (!wanted || stay.length >= maxEndpointsPerSlice) continue;
      homeless.delete(endpointKey(present));
      stay.push(wanted);
    }
    return [slice, stay];
  });
  // The fullest first: slices that emptied are left to be deleted.
  filled.sort((a, b) => b[1].length - a[1].length);
  const rest = [...homeless.values()];
  for (const [, endpoints] of filled) {
    endpoints.push(...rest.splice(0, maxEndpointsPerSlice - endpoints.length));
  }
  while (rest.length > 0) filled.push([undefined, rest.splice(0, maxEndpointsPerSlice)]);
  const used = filled.filter(([, endpoints]) => endpoints.length > 0);
  if (used.length > 0) return used;
  return [filled[0] ?? [undefined, []]];
}

function endpointKey(endpoint: Endpoint): string {
  return `${endpoint.targetRef?.uid ?? ''} ${endpoint.addresses[0] ?? ''}`;
}

function newSlice(shape: SliceShape, group: EndpointGroup, endpoints: readonly Endpoint[]): NewObject<EndpointSlice> {
  const { owner, labels, annotations = {} } = shape;
  const { namespace, name } = owner.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels },
      ...(Object.keys(annotations).length > 0 ? { annotations: { ...annotations } } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    addressType: group.addressType,
    endpoints: [...endpoints],
    ports: [...group.ports],
  };
}

function changedSlice(
  shape: SliceShape,
  slice: EndpointSlice,
  endpoints: readonly Endpoint[],
): EndpointSlice | undefined {
  const labels = { ...shape.labels };
  const annotations = shape.annotations ?? slice.metadata.annotations;
  const isSame =
    isSemanticallyEqual(slice.endpoints, endpoints) &&
    isSemanticallyEqual(slice.metadata.labels, labels, 'labels') &&
    isSemanticallyEqual(slice.metadata.annotations, annotations, 'annotations');
  if (isSame) return undefined;
  const metadata = { ...slice.metadata, labels, ...(annotations ? { annotations: { ...annotations } } : {}) };
  return { ...slice, metadata, endpoints: [...endpoints] };
}

/** The Service's own labels and those that say whose slice it is. */
function sliceLabels(service: Service): Record<string, string> {
  return {
    ...service.metadata.labels,
    ...(service.spec.clusterIP === 'None' ? { [headlessLabel]: '' } : {}),
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: endpointSliceManager,
  };
}
