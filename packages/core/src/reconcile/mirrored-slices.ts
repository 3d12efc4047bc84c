import type { Endpoint, EndpointAddress, EndpointSlice, Endpoints, Service } from '@gantry/api-types';
import { arrangeSlices, type EndpointSlicePlan, managedByLabel, serviceNameLabel } from './endpoint-slices.ts';
import { type AddressType, type EndpointGroup, portsKey } from './endpoints.ts';
import { isManagedEndpoints } from './service-endpoints.ts';

export const mirroringManager = 'endpointslicemirroring-controller.k8s.io';
export const skipMirrorLabel = 'endpointslice.kubernetes.io/skip-mirror';
const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

export interface MirroringObservation {
  readonly endpoints: Endpoints;
  /** The Service of that name, if there is one. */
  readonly service: Service | undefined;
  /** The slices made of these Endpoints before. */
  readonly slices: readonly EndpointSlice[];
}

/**
 * The slices that say what Endpoints made by hand say, for a Service without a selector: traffic goes where slices say.
 * Endpoints of other Services, those made from pods and those labelled `skip-mirror` have none. Pure.
 */
export function planMirroredSlices({ endpoints, service, slices }: MirroringObservation): EndpointSlicePlan {
  if (!service || !isMirrored(endpoints, service)) return { create: [], update: [], delete: slices };
  return arrangeSlices(mirroredGroups(endpoints), slices, {
    owner: endpoints,
    labels: {
      ...endpoints.metadata.labels,
      [serviceNameLabel]: endpoints.metadata.name,
      [managedByLabel]: mirroringManager,
    },
    annotations: annotationsOf(endpoints),
  });
}

function isMirrored(endpoints: Endpoints, { spec, metadata }: Service): boolean {
  const isHandMade = spec.type !== 'ExternalName' && Object.keys(spec.selector ?? {}).length === 0;
  const isLeaving = metadata.deletionTimestamp !== undefined || endpoints.metadata.deletionTimestamp !== undefined;
  const isSkipped = endpoints.metadata.labels?.[skipMirrorLabel] === 'true' || isManagedEndpoints(endpoints);
  return isHandMade && !isLeaving && !isSkipped;
}

function annotationsOf({ metadata }: Endpoints): Record<string, string> {
  const { [lastAppliedAnnotation]: _, ...annotations } = metadata.annotations ?? {};
  return annotations;
}

function mirroredGroups({ subsets = [] }: Endpoints): readonly EndpointGroup[] {
  const groups = new Map<string, EndpointGroup & { endpoints: Endpoint[] }>();
  for (const { addresses = [], notReadyAddresses = [], ports: written = [] } of subsets) {
    const ports = written.map((port) => ({ ...port, name: port.name ?? '' }));
    const add = (address: EndpointAddress, ready: boolean) => {
      const addressType: AddressType = address.ip.includes(':') ? 'IPv6' : 'IPv4';
      const key = portsKey(addressType, ports);
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      group.endpoints.push(mirroredEndpoint(address, ready));
      groups.set(key, group);
    };
    for (const address of addresses) add(address, true);
    for (const address of notReadyAddresses) add(address, false);
  }
  return [...groups.values()];
}

function mirroredEndpoint({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}
