import type { EndpointSlice, Service, ServicePort } from '@gantry/api-types';
import { type Candidate, followHints, localEndpoints, type NodePlace, usableEndpoints } from './choose-endpoints.ts';

/** Where new connections to a frontend go. */
export interface Backend {
  /** `10.244.1.2 . 8080`, sorted. None: refused, or dropped where `dropsIfEmpty`. */
  readonly endpoints: readonly string[];
  /** With endpoints on other nodes only, a policy Local drops: a balancer's health check must fail, not the client's connection. */
  readonly dropsIfEmpty: boolean;
  /** Whether the client's address is kept also for clients that are not pods of this node. */
  readonly keepsSource: boolean;
  /** Names the affinity of the clients, and how long it lasts without a new connection. */
  readonly affinity?: { readonly name: string; readonly seconds: number };
  /** Only these clients are let in. */
  readonly sourceRanges?: readonly string[];
}

/** `10.96.0.1 . tcp . 80` (an address) or `tcp . 30080` (every address of the node). */
export type FrontendKey = string;

export interface Frontend {
  readonly key: FrontendKey;
  /** `outside` frontends go before the others for clients that are not pods of this node or the node itself. */
  readonly from: 'anywhere' | 'outside';
  readonly backend: Backend;
  /** The node's own address: only taken where no process of the host listens there. */
  readonly needsFreePort?: { readonly protocol: string; readonly port: number };
}

/** What one Service asks of the node's data path. */
export interface ServicePlan {
  /** Decides who gets a frontend that several Services ask for: the older Service. */
  readonly rank: string;
  readonly frontends: readonly Frontend[];
  /** Addresses of endpoints on this node, which may be their own clients. */
  readonly localIps: readonly string[];
}

/** Built-in Services that every node answers itself: `namespace/name` to what its ports are on this node. */
export type OwnEndpoints = ReadonlyMap<
  string,
  (port: ServicePort) => { readonly ip: string; readonly port: number } | undefined
>;

export interface PlanFacts {
  readonly place: NodePlace;
  readonly own: OwnEndpoints;
}

const noPlan = { frontends: [], localIps: [] };

/** The frontends of a Service and where they lead on this node. Pure: same input, same plan. */
export function planService(service: Service, slices: readonly EndpointSlice[], facts: PlanFacts): ServicePlan {
  const { namespace = 'default', name, creationTimestamp } = service.metadata;
  const rank = `${creationTimestamp} ${namespace}/${name}`;
  const { type, clusterIP } = service.spec;
  if (type === 'ExternalName' || !clusterIP || clusterIP === 'None') return { rank, ...noPlan };
  const plans = (service.spec.ports ?? []).map((port) => planPort(service, port, slices, facts));
  return {
    rank,
    frontends: plans.flatMap(({ frontends }) => frontends),
    localIps: [...new Set(plans.flatMap(({ localIps }) => localIps))].sort(),
  };
}

interface PortPlan {
  readonly frontends: readonly Frontend[];
  readonly localIps: readonly string[];
}

function planPort(service: Service, port: ServicePort, slices: readonly EndpointSlice[], facts: PlanFacts): PortPlan {
  const { namespace = 'default', name } = service.metadata;
  const own = facts.own.get(`${namespace}/${name}`)?.(port);
  if (own) {
    const backend = { endpoints: [`${own.ip} . ${own.port}`], dropsIfEmpty: false, keepsSource: false };
    return { frontends: clusterFrontends(service, port, backend), localIps: [] };
  }
  const { place } = facts;
  const usable = usableEndpoints(port, slices, place);
  const local = localEndpoints(port, slices, place);
  const everywhere = backendOf(service, port, followHints(usable, place), 'cluster');
  const isInternalLocal = service.spec.internalTrafficPolicy === 'Local';
  const inside = isInternalLocal
    ? { ...backendOf(service, port, local, 'local'), dropsIfEmpty: usable.length > 0 }
    : everywhere;
  const outsideLocal = {
    ...backendOf(service, port, local, 'outside'),
    dropsIfEmpty: usable.length > 0,
    keepsSource: true,
  };
  return {
    frontends: [
      ...clusterFrontends(service, port, inside),
      ...externalFrontends(service, port, everywhere, outsideLocal),
    ],
    localIps: local.map(({ ip }) => ip),
  };
}

function clusterFrontends(service: Service, port: ServicePort, backend: Backend): Frontend[] {
  const addresses = [...new Set([service.spec.clusterIP ?? '', ...(service.spec.clusterIPs ?? [])])];
  return addresses.filter(isIpv4).map((ip) => ({ key: addressKey(ip, port), from: 'anywhere', backend }));
}

/** With policy Local, pods and the node itself still reach every endpoint: only outside clients are kept to the node's. */
function externalFrontends(service: Service, port: ServicePort, everywhere: Backend, local: Backend): Frontend[] {
  const { externalIPs = [], externalTrafficPolicy, loadBalancerSourceRanges = [] } = service.spec;
  const isLocal = externalTrafficPolicy === 'Local';
  const make = (key: FrontendKey, more: Partial<Frontend> = {}, ranges: readonly string[] = []): Frontend[] => {
    const limit = (backend: Backend) => (ranges.length > 0 ? { ...backend, sourceRanges: ranges } : backend);
    const frontend = { key, from: 'anywhere', backend: limit(everywhere), ...more } as const;
    return isLocal ? [frontend, { ...frontend, from: 'outside', backend: limit(local) }] : [frontend];
  };
  const ranges = loadBalancerSourceRanges
    .map((range) => range.trim())
    .filter((range) => isIpv4(range.split('/')[0] ?? ''));
  const protocol = protocolOf(port);
  return [
    ...(port.nodePort ? make(`${protocol} . ${port.nodePort}`) : []),
    ...externalIPs.filter(isIpv4).flatMap((ip) => make(addressKey(ip, port))),
    ...(service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode }) =>
      ip === undefined || !isIpv4(ip) || ipMode === 'Proxy'
        ? []
        : make(addressKey(ip, port), { needsFreePort: { protocol, port: port.port } }, ranges),
    ),
  ];
}

function backendOf(service: Service, port: ServicePort, candidates: readonly Candidate[], scope: string): Backend {
  const endpoints = candidates.map(({ ip, port: number }) => `${ip} . ${number}`).sort();
  const backend = { endpoints, dropsIfEmpty: false, keepsSource: false };
  if (service.spec.sessionAffinity !== 'ClientIP') return backend;
  const { namespace = 'default', name } = service.metadata;
  const seconds = service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800;
  return { ...backend, affinity: { name: `${namespace}/${name}/${protocolOf(port)}/${port.port}/${scope}`, seconds } };
}

function addressKey(ip: string, port: ServicePort): FrontendKey {
  return `${ip} . ${protocolOf(port)} . ${port.port}`;
}

function protocolOf(port: ServicePort): string {
  return (port.protocol ?? 'TCP').toLowerCase();
}

function isIpv4(ip: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(ip);
}
