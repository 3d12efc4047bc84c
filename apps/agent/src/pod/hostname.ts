import type { Pod } from '@gantry/api-types';
import { ConfigProblem } from './config-problem.ts';

/** The domain of a cluster whose DNS names none. */
export const defaultClusterDomain = 'cluster.local';
/** What the kernel takes. */
const maxHostnameBytes = 64;

/** The pod's host name: at most 63 characters, not ending in a separator, as the kubelet cuts it. */
export function shortHostname(pod: Pod): string {
  return (pod.spec.hostname || pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '');
}

/** The domain below which a pod with a `subdomain` has its name. */
export function hostDomain(pod: Pod, clusterDomain: string): string | undefined {
  const { subdomain } = pod.spec;
  return subdomain ? `${subdomain}.${pod.metadata.namespace ?? 'default'}.svc.${clusterDomain}` : undefined;
}

/** What `hostname` says in the pod. Throws {@link ConfigProblem} where `setHostnameAsFQDN` makes it too long. */
export function hostnameOf(pod: Pod, clusterDomain: string): string {
  const name = shortHostname(pod);
  const domain = hostDomain(pod, clusterDomain);
  if (!pod.spec.setHostnameAsFQDN || domain === undefined) return name;
  const full = `${name}.${domain}`;
  if (full.length <= maxHostnameBytes) return full;
  throw new ConfigProblem(
    `Failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long (${maxHostnameBytes} characters is the max, ${full.length} characters requested)`,
  );
}
