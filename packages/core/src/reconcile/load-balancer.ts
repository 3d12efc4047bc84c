import type { EndpointSlice, LoadBalancerIngress, Node, Service, ServicePort } from '@gantry/api-types';

export interface LoadBalancerObservation {
  /** All Services of the cluster. */
  readonly services: readonly Service[];
  readonly nodes: readonly Node[];
  readonly slicesOf: (service: Service) => readonly EndpointSlice[];
}

export interface LoadBalancerPlan {
  readonly ingress: readonly LoadBalancerIngress[];
  /** Why the Service has no address; undefined where it has one or needs none. */
  readonly problem?: string;
}

/**
 * The addresses at which a Service of type LoadBalancer is reached: those of the Ready nodes or, where its external
 * policy is Local, of the Ready nodes with endpoints. A port is one Service's at a time: the older one's. Pure.
 */
export function planLoadBalancer(service: Service, observation: LoadBalancerObservation): LoadBalancerPlan {
  if (!isOurs(service)) return { ingress: [] };
  const taken = observation.services.filter((other) => isOurs(other) && isOlder(other, service));
  for (const port of service.spec.ports ?? []) {
    const owner = taken.find((other) => (other.spec.ports ?? []).some((own) => isSamePort(own, port)));
    if (!owner) continue;
    const { namespace, name } = owner.metadata;
    return {
      ingress: [],
      problem: `port ${port.port} of the nodes is the older Service ${namespace}/${name}'s: use another port, or type NodePort`,
    };
  }
  const nodes = observation.nodes.filter((node) => isReady(node) && isUsable(node, service, observation));
  const addresses = nodes.flatMap(({ status }) =>
    (status?.addresses ?? []).flatMap(({ type, address }) => (type === 'InternalIP' ? address : [])),
  );
  const ips = [...new Set(addresses)].filter((ip) => !ip.includes(':')).sort((a, b) => (a < b ? -1 : 1));
  return { ingress: ips.map((ip) => ({ ip, ipMode: 'VIP' })) };
}

/** Another class is another balancer's, which somebody else runs. */
export function isOurs({ spec, metadata }: Service): boolean {
  return spec.type === 'LoadBalancer' && !spec.loadBalancerClass && metadata.deletionTimestamp === undefined;
}

function isOlder(a: Service, b: Service): boolean {
  if (a.metadata.uid === b.metadata.uid) return false;
  const rank = ({ metadata }: Service) => `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`;
  return rank(a) < rank(b);
}

function isSamePort(a: ServicePort, b: ServicePort): boolean {
  return a.port === b.port && (a.protocol ?? 'TCP') === (b.protocol ?? 'TCP');
}

function isReady({ status }: Node): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';

function isUsable(node: Node, service: Service, { slicesOf }: LoadBalancerObservation): boolean {
  if (node.metadata.labels?.[excludeLabel] !== undefined) return false;
  if (service.spec.externalTrafficPolicy !== 'Local') return true;
  return slicesOf(service).some((slice) =>
    slice.endpoints.some(({ nodeName, conditions }) => nodeName === node.metadata.name && (conditions?.ready ?? true)),
  );
}
