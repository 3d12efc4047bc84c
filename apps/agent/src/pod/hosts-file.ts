import type { HostAlias, Pod } from '@gantry/api-types';
import { hostDomain, shortHostname } from './hostname.ts';

const standardLines = [
  '# Kubernetes-managed hosts file.',
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
];

export interface HostsFileInput {
  readonly pod: Pod;
  readonly ip: string;
  readonly clusterDomain: string;
  /** The host's own file, for pods on its network. */
  readonly hostFile: string;
}

/** The pod's `/etc/hosts`, as the kubelet writes it. Pure. */
export function hostsFile({ pod, ip, clusterDomain, hostFile }: HostsFileInput): string {
  const aliases = aliasLines(pod.spec.hostAliases ?? []);
  if (pod.spec.hostNetwork) {
    return `# Kubernetes-managed hosts file (host network).\n${hostFile}${aliases}`;
  }
  const name = shortHostname(pod);
  const domain = hostDomain(pod, clusterDomain);
  const own = domain === undefined ? [ip, name] : [ip, `${name}.${domain}`, name];
  return `${[...standardLines, own.join('\t')].join('\n')}\n${aliases}`;
}

function aliasLines(aliases: readonly HostAlias[]): string {
  if (aliases.length === 0) return '';
  const lines = aliases.map(({ ip, hostnames = [] }) => [ip, ...hostnames].join('\t'));
  return `\n# Entries added by HostAliases.\n${lines.join('\n')}\n`;
}
