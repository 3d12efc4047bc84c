import type { EndpointAddress, EndpointPort, EndpointSubset } from '@gantry/api-types';

/** One address that listens on one set of ports; no ports stand for a headless Service that has none. */
export interface SubsetMember {
  readonly address: EndpointAddress;
  readonly isReady: boolean;
  readonly ports: readonly EndpointPort[];
}

interface Placed {
  readonly address: EndpointAddress;
  readonly isReady: boolean;
}

/**
 * The fewest subsets that say the same: ports that are behind the same addresses share a subset, as Kubernetes'
 * RepackSubsets has it. An address that is given as ready and as not ready counts as not ready. Sorted, so that the
 * same members give the same subsets whatever their order. Pure.
 */
export function repackSubsets(members: readonly SubsetMember[]): readonly EndpointSubset[] {
  const byPort = new Map<string, { port: EndpointPort | undefined; placed: Map<string, Placed> }>();
  for (const { address, isReady, ports } of members) {
    for (const port of ports.length > 0 ? ports : [undefined]) {
      const key = port ? portKey(port) : '';
      const entry = byPort.get(key) ?? { port, placed: new Map<string, Placed>() };
      byPort.set(key, entry);
      const id = addressKey(address);
      const known = entry.placed.get(id);
      entry.placed.set(id, { address, isReady: isReady && known?.isReady !== false });
    }
  }
  const bySet = new Map<string, { ports: EndpointPort[]; placed: readonly Placed[] }>();
  for (const [, { port, placed }] of sorted(byPort)) {
    const addresses = sorted(placed);
    const key = addresses.map(([id, { isReady }]) => `${id} ${isReady}`).join(',') + (port ? '' : ' without ports');
    const entry = bySet.get(key) ?? { ports: [], placed: addresses.map(([, value]) => value) };
    if (port) entry.ports.push(port);
    bySet.set(key, entry);
  }
  return [...bySet.values()].map(({ ports, placed }) => newSubset(ports, placed));
}

function newSubset(ports: readonly EndpointPort[], placed: readonly Placed[]): EndpointSubset {
  const addresses = placed.filter(({ isReady }) => isReady).map(({ address }) => address);
  const notReadyAddresses = placed.filter(({ isReady }) => !isReady).map(({ address }) => address);
  return {
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
    ...(ports.length > 0 ? { ports: [...ports] } : {}),
  };
}

function portKey({ name = '', protocol = 'TCP', port, appProtocol = '' }: EndpointPort): string {
  return [name, protocol, port, appProtocol].join('/');
}

function addressKey({ ip, targetRef }: EndpointAddress): string {
  return `${ip} ${targetRef?.uid ?? ''}`;
}

function sorted<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
