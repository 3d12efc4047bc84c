import type { Pod } from '@gantry/api-types';
import type { PolicyPod } from '@gantry/core/network/network-policy';

/** What of a pod of this node policies look at; its ports with names include those of sidecars. */
export function toPolicyPod({ metadata, spec }: Pod, ip: string): PolicyPod {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const ports = containers.flatMap(({ ports: own = [] }) =>
    own.flatMap(({ name, protocol = 'TCP', containerPort }) => (name ? [{ name, protocol, port: containerPort }] : [])),
  );
  return { namespace: metadata.namespace ?? '', labels: metadata.labels, ips: [ip], ports };
}
