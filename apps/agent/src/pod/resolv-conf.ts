import type { Pod, PodDNSConfig } from '@gantry/api-types';

/** The cluster's DNS server and its domain (`cluster.local`). */
export interface ClusterDns {
  readonly server: string;
  readonly domain: string;
}

export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  /** `name` or `name:value`. */
  readonly options: readonly string[];
}

/** What the C library reads of the file. */
const maxNameservers = 3;

/** Reads a `resolv.conf`; servers on the loopback device are of no use in another network namespace and left out. */
export function parseResolvConf(text: string, keepsLoopback = false): ResolvConf {
  const nameservers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0] && (keepsLoopback || !isLoopback(values[0]))) nameservers.push(values[0]);
    if (keyword === 'search' || keyword === 'domain') searches = values.filter((value) => value !== '.');
    if (keyword === 'options') options = values;
  }
  return { nameservers, searches, options };
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** The name service settings of a pod, by its `dnsPolicy` and `dnsConfig`. Pure. */
export function podResolvConf(pod: Pod, host: ResolvConf, cluster: ClusterDns | undefined): ResolvConf {
  return merge(baseOf(pod, host, cluster), pod.spec.dnsConfig ?? {});
}

function baseOf(pod: Pod, host: ResolvConf, cluster: ClusterDns | undefined): ResolvConf {
  const { dnsPolicy = 'ClusterFirst', hostNetwork = false } = pod.spec;
  if (dnsPolicy === 'None') return { nameservers: [], searches: [], options: [] };
  const isClusterFirst = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  if (!isClusterFirst || !cluster) return host;
  const { server, domain } = cluster;
  const namespace = pod.metadata.namespace ?? 'default';
  const searches = [`${namespace}.svc.${domain}`, `svc.${domain}`, domain, ...host.searches];
  return { nameservers: [server], searches, options: mergeOptions(host.options, ['ndots:5']) };
}

/** `dnsConfig` on top: its servers and domains come after, its options instead of those of the same name. */
function merge(base: ResolvConf, config: PodDNSConfig): ResolvConf {
  const options = (config.options ?? []).map(({ name, value }) =>
    value === undefined ? `${name}` : `${name}:${value}`,
  );
  return {
    nameservers: [...new Set([...base.nameservers, ...(config.nameservers ?? [])])],
    searches: [...new Set([...base.searches, ...(config.searches ?? [])])],
    options: mergeOptions(base.options, options),
  };
}

function mergeOptions(base: readonly string[], more: readonly string[]): string[] {
  const byName = new Map([...base, ...more].map((option) => [option.split(':')[0], option]));
  return [...byName.values()];
}

/** The file's text. */
export function formatResolvConf({ nameservers, searches, options }: ResolvConf): string {
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...nameservers.slice(0, maxNameservers).map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
