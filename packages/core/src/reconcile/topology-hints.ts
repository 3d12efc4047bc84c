import type { Endpoint, EndpointHints, Service } from '@gantry/api-types';
import type { EndpointGroup } from './endpoints.ts';
import { servedZones, type ZoneShares } from './zones.ts';

const modeAnnotation = 'service.kubernetes.io/topology-mode';
/** What the annotation was called before; it goes first. */
const oldModeAnnotation = 'service.kubernetes.io/topology-aware-hints';

export interface HintedGroups {
  readonly groups: readonly EndpointGroup[];
  /** Of a Service whose zones share the endpoints by their cpu: why they do not; undefined where they do. */
  readonly problem?: string;
}

/**
 * Whether zones share the Service's endpoints by how much cpu they have (`topology-mode: Auto`). Goes before
 * `trafficDistribution`. Pure.
 */
export function sharesByZone({ metadata }: Pick<Service, 'metadata'>): boolean {
  const { annotations = {} } = metadata;
  const mode = annotations[oldModeAnnotation] ?? annotations[modeAnnotation];
  return mode === 'Auto' || mode === 'auto';
}

/**
 * Gives the endpoints the hints that the Service asks for: which nodes or zones are to use them. Only ready endpoints
 * have some. `zoneShares` is asked where {@link sharesByZone}. Pure.
 */
export function hintGroups(
  service: Service,
  groups: readonly EndpointGroup[],
  zoneShares: () => ZoneShares,
): HintedGroups {
  if (sharesByZone(service)) return shareOut(groups, zoneShares());
  const { trafficDistribution } = service.spec;
  const isNear = trafficDistribution === 'PreferSameZone' || trafficDistribution === 'PreferClose';
  const isSameNode = trafficDistribution === 'PreferSameNode';
  if (!isNear && !isSameNode) return { groups };
  // Clients on a node without an endpoint stay in the zone.
  return { groups: withHints(groups, ({ zone, nodeName }) => hintsOf(zone, isSameNode ? nodeName : undefined)) };
}

function shareOut(groups: readonly EndpointGroup[], zoneShares: ZoneShares): HintedGroups {
  if ('problem' in zoneShares) return { groups, problem: zoneShares.problem };
  const zones = new Map<Endpoint, string>();
  const addressTypes = new Set(groups.map((group) => group.addressType));
  for (const addressType of addressTypes.size > 0 ? addressTypes : (['IPv4'] as const)) {
    const ofType = groups.filter((group) => group.addressType === addressType);
    const ready = ofType.flatMap(({ endpoints }) => endpoints.filter(isReady));
    const own = ready.flatMap(({ zone }) => zone || []);
    if (own.length < ready.length) return { groups, problem: 'One or more endpoints do not have a zone specified' };
    const served = servedZones(own, zoneShares.shares);
    if (typeof served === 'string') return { groups, problem: served };
    for (const [index, endpoint] of ready.entries()) zones.set(endpoint, served[index] ?? '');
  }
  return { groups: withHints(groups, (endpoint) => hintsOf(zones.get(endpoint), undefined)) };
}

function withHints(
  groups: readonly EndpointGroup[],
  hintsFor: (endpoint: Endpoint) => EndpointHints | undefined,
): readonly EndpointGroup[] {
  return groups.map((group) => ({
    ...group,
    endpoints: group.endpoints.map((endpoint) => {
      const hints = isReady(endpoint) ? hintsFor(endpoint) : undefined;
      return hints ? { ...endpoint, hints } : endpoint;
    }),
  }));
}

function hintsOf(zone: string | undefined, node: string | undefined): EndpointHints | undefined {
  if (!zone && !node) return undefined;
  return { ...(zone ? { forZones: [{ name: zone }] } : {}), ...(node ? { forNodes: [{ name: node }] } : {}) };
}

function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready === true;
}
