import type { DiscoveryV1EndpointPort, Endpoint, EndpointSlice, Service, ServicePort } from '@gantry/api-types';

/** What the zone is made of: the cluster's Services and their slices, by `namespace/name`. */
export interface ZoneView {
  readonly domain: string;
  readonly dnsIp: string;
  service(key: string): Service | undefined;
  slicesOf(key: string): readonly EndpointSlice[];
  hasNamespace(name: string): boolean;
  /** The names of an address in the zone. */
  namesOf(ip: string): readonly string[];
}

export type ZoneRecord =
  | { readonly type: 'A' | 'CNAME' | 'PTR' | 'NS'; readonly name: string; readonly data: string }
  | { readonly type: 'TXT'; readonly name: string; readonly data: readonly string[] }
  | {
      readonly type: 'SRV';
      readonly name: string;
      readonly data: {
        readonly target: string;
        readonly port: number;
        readonly priority: number;
        readonly weight: number;
      };
    };

export interface ZoneAnswer {
  /** Whether the name exists; without a record of the type the answer is empty, not NXDOMAIN. */
  readonly exists: boolean;
  readonly answers: readonly ZoneRecord[];
  readonly additionals: readonly ZoneRecord[];
}

const nothing: ZoneAnswer = { exists: false, answers: [], additionals: [] };
const empty: ZoneAnswer = { ...nothing, exists: true };

/**
 * The answer to a question about the cluster's zone, by Kubernetes' DNS specification (version 1.1.0); undefined where
 * the name is not of the zone and somebody else is to be asked. `name` is in lower case, without the last dot. Pure.
 */
export function answerQuestion(view: ZoneView, name: string, type: string): ZoneAnswer | undefined {
  const reverse = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name);
  if (reverse) return answerReverse(view, name, type, reverse.slice(1).reverse().join('.'));
  if (name === view.domain) return type === 'NS' ? found([{ type: 'NS', name, data: `ns.dns.${view.domain}` }]) : empty;
  if (!name.endsWith(`.${view.domain}`)) return undefined;
  const labels = name.slice(0, -view.domain.length - 1).split('.');
  if (name === `ns.dns.${view.domain}`) return addresses(name, type, [view.dnsIp]);
  if (name === `dns-version.${view.domain}`)
    return type === 'TXT' ? found([{ type: 'TXT', name, data: ['1.1.0'] }]) : empty;
  switch (labels.at(-1)) {
    case 'svc':
      return answerService(view, name, type, labels.slice(0, -1));
    case 'pod':
      return answerPod(view, name, type, labels.slice(0, -1));
    default:
      return nothing;
  }
}

/** An address outside the zone is somebody else's to name. */
function answerReverse(view: ZoneView, name: string, type: string, ip: string): ZoneAnswer | undefined {
  const names = view.namesOf(ip);
  if (names.length === 0) return undefined;
  return type === 'PTR' ? found(names.map((data) => ({ type: 'PTR', name, data }))) : empty;
}

/** `1-2-3-4.namespace.pod`: the address is in the name. */
function answerPod(view: ZoneView, name: string, type: string, labels: readonly string[]): ZoneAnswer {
  const [dashed = '', namespace] = labels;
  if (labels.length === 0 || (labels.length === 1 && view.hasNamespace(dashed))) return empty;
  if (labels.length !== 2 || namespace === undefined) return nothing;
  const octets = /^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/.exec(dashed)?.slice(1).map(Number);
  if (!octets || octets.some((octet) => octet > 255)) return nothing;
  return addresses(name, type, [octets.join('.')]);
}

/** `[_port._protocol.|endpoint.]service.namespace.svc`. */
function answerService(view: ZoneView, name: string, type: string, labels: readonly string[]): ZoneAnswer {
  const namespace = labels.at(-1);
  const serviceName = labels.at(-2);
  if (namespace === undefined) return empty;
  if (serviceName === undefined) return view.hasNamespace(namespace) ? empty : nothing;
  const key = `${namespace}/${serviceName}`;
  const service = view.service(key);
  if (!service) return nothing;
  const rest = labels.slice(0, -2);
  const base = `${serviceName}.${namespace}.svc.${view.domain}`;
  const subject = { service, slices: view.slicesOf(key), base };
  const [first = '', second = ''] = rest;
  if (rest.length === 0) return answerBase(subject, name, type);
  if (rest.length === 1) {
    const ips = endpointsOf(subject).flatMap((endpoint) => (labelOf(endpoint) === first ? endpoint.addresses : []));
    return ips.length > 0 ? addresses(name, type, ips) : nothing;
  }
  if (rest.length !== 2 || !first.startsWith('_') || !second.startsWith('_')) return nothing;
  const records = portRecords(subject, name, (port) => isNamed(port, first.slice(1), second.slice(1)));
  if (records.answers.length === 0) return nothing;
  return type === 'SRV' ? records : empty;
}

interface Subject {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  /** The Service's own name in the zone. */
  readonly base: string;
}

function answerBase(subject: Subject, name: string, type: string): ZoneAnswer {
  const { spec } = subject.service;
  if (spec.type === 'ExternalName') {
    const data = (spec.externalName ?? '').replace(/\.$/, '').toLowerCase();
    return found([{ type: 'CNAME', name, data }]);
  }
  if (type === 'SRV') return portRecords(subject, name, () => true);
  if (!isHeadless(subject.service)) return addresses(name, type, clusterIps(subject.service));
  return addresses(
    name,
    type,
    endpointsOf(subject).flatMap((endpoint) => endpoint.addresses),
  );
}

function portRecords(
  subject: Subject,
  name: string,
  isWanted: (port: ServicePort | DiscoveryV1EndpointPort) => boolean,
): ZoneAnswer {
  const srv = (target: string, port: number): ZoneRecord => ({
    type: 'SRV',
    name,
    data: { target, port, priority: 0, weight: 100 },
  });
  if (!isHeadless(subject.service)) {
    const ports = (subject.service.spec.ports ?? []).filter(isWanted);
    const glue = clusterIps(subject.service).map((data) => ({ type: 'A' as const, name: subject.base, data }));
    return { exists: true, answers: ports.map(({ port }) => srv(subject.base, port)), additionals: glue };
  }
  const answers: ZoneRecord[] = [];
  const additionals = new Map<string, ZoneRecord>();
  for (const slice of subject.slices) {
    for (const endpoint of slice.endpoints.filter(isReady)) {
      const target = `${labelOf(endpoint)}.${subject.base}`;
      for (const { port } of (slice.ports ?? []).filter(isWanted))
        if (port !== undefined) answers.push(srv(target, port));
      for (const data of endpoint.addresses) additionals.set(`${target} ${data}`, { type: 'A', name: target, data });
    }
  }
  return { exists: true, answers, additionals: [...additionals.values()] };
}

function isNamed(port: ServicePort | DiscoveryV1EndpointPort, name: string, protocol: string): boolean {
  return (port.name ?? '').toLowerCase() === name && (port.protocol ?? 'TCP').toLowerCase() === protocol;
}

/** Each endpoint that is ready, once. */
function endpointsOf({ slices }: Subject): readonly Endpoint[] {
  const byAddress = new Map<string, Endpoint>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    for (const endpoint of slice.endpoints.filter(isReady)) byAddress.set(endpoint.addresses[0] ?? '', endpoint);
  }
  return [...byAddress.values()];
}

function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready ?? true;
}

/** The endpoint's own label below its Service: its hostname or, without one, its address with dashes. */
export function labelOf({ hostname, addresses: [ip = ''] }: Endpoint): string {
  return hostname?.toLowerCase() || ip.replaceAll('.', '-');
}

export function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === 'None';
}

function clusterIps({ spec }: Service): readonly string[] {
  return spec.clusterIP && !spec.clusterIP.includes(':') ? [spec.clusterIP] : [];
}

function addresses(name: string, type: string, ips: readonly string[]): ZoneAnswer {
  if (ips.length === 0) return empty;
  return type === 'A' || type === 'ANY' ? found(ips.map((data) => ({ type: 'A', name, data }))) : empty;
}

function found(answers: readonly ZoneRecord[]): ZoneAnswer {
  return { exists: true, answers, additionals: [] };
}
