import type { EndpointSlice, Service } from '@gantry/api-types';
import type { Kubectl } from './kubectl-session.ts';
import { standInBase } from './stand-in.ts';

/** A pod on every node, from which a test looks at what can be reached. */
export const prober = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'prober' },
  spec: {
    selector: { matchLabels: { probes: 'services' } },
    template: {
      metadata: { labels: { probes: 'services' } },
      spec: { containers: [{ name: 'main', image: standInBase, imagePullPolicy: 'IfNotPresent' }] },
    },
  },
};

/**
 * What a container finds at each target: `resolved` for a name, `connected` for `name:port`, else an error code, or
 * `no answer` after four seconds of silence. `from` is a pod or `deployment/NAME`, and `-c`
 * with a container where it has several.
 */
export async function reachFrom(
  kubectl: Kubectl,
  from: readonly string[],
  targets: readonly string[],
): Promise<Record<string, string>> {
  return JSON.parse(await kubectl.must('exec', ...from, '--', 'node', '/stand-in/reach.mjs', ...targets));
}

/** What must be reached of a namespace's Services: their names, short and full, and their ports where a pod is ready. */
export async function serviceTargets(kubectl: Kubectl, namespace: string): Promise<Record<string, string>> {
  const [services, slices] = await Promise.all([
    kubectl.json<{ items: Service[] }>('get', 'services'),
    kubectl.json<{ items: EndpointSlice[] }>('get', 'endpointslices'),
  ]);
  const targets: Record<string, string> = {};
  for (const { metadata, spec } of services.items) {
    const ready = slices.items.filter(
      (slice) =>
        slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name &&
        slice.endpoints?.some(({ conditions }) => conditions?.ready !== false),
    );
    const isHeadless = spec.clusterIP === 'None';
    if (isHeadless && ready.length === 0) continue;
    // The name of a headless Service is its pods' addresses, and so the ports are theirs.
    const ports = isHeadless ? ready.flatMap((slice) => slice.ports ?? []) : (spec.ports ?? []);
    for (const name of [metadata.name, `${metadata.name}.${namespace}.svc.cluster.local`]) {
      targets[name] = 'resolved';
      for (const { port, protocol } of ready.length > 0 ? ports : [])
        if (port !== undefined && (protocol ?? 'TCP') === 'TCP') targets[`${name}:${port}`] = 'connected';
    }
  }
  return targets;
}
