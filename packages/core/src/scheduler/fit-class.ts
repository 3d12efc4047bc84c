import type { Container, PodSpec, Toleration } from '@gantry/api-types';
import { normalizeImageName } from './image-names.ts';
import type { FitClass, HostPort } from './pod-classes.ts';
import { type PodRequests, parsePodRequests } from './pod-requests.ts';
import { type NodeTerm, parseNodeSelector, parseNodeTerm, type Requirement } from './requirements.ts';

/** Parses the part of a pod spec that decides on which nodes it fits. Throws on an unparsable quantity or operator. */
export function parseFitClass(spec: PodSpec, id: number): FitClass {
  const affinity = spec.affinity?.nodeAffinity;
  const requiredNodeTerms = parseNodeSelector(affinity?.requiredDuringSchedulingIgnoredDuringExecution);
  const amounts = parsePodRequests(spec);
  return {
    id,
    ...amounts,
    nodeSelector: Object.entries(spec.nodeSelector ?? {}).map(
      ([key, value]): Requirement => ({ key, operator: 'In', values: [value] }),
    ),
    requiredNodeTerms,
    preferredNodeTerms: (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((preferred) => ({
      weight: preferred.weight,
      term: parseNodeTerm(preferred.preference),
    })),
    namedNodes: namedNodes(requiredNodeTerms),
    tolerations: tolerationsOf(spec, amounts),
    hostPorts: [
      ...spec.containers,
      ...(spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always'),
    ].flatMap((container) => hostPortsOf(container, spec.hostNetwork === true)),
    images: [...(spec.initContainers ?? []), ...spec.containers]
      .filter((container) => container.image)
      .map((container) => normalizeImageName(container.image ?? '')),
  };
}

/** Only pods that ask for neither cpu nor memory (BestEffort) stay away from nodes that are short of memory. */
function tolerationsOf({ tolerations = [] }: PodSpec, { requests }: PodRequests): readonly Toleration[] {
  if (requests.milliCpu === 0 && requests.memoryBytes === 0) return tolerations;
  return [...tolerations, { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }];
}

/** The nodes that the terms name, where every alternative names some; an alternative that does not may match any node. */
function namedNodes(terms: readonly NodeTerm[] | undefined): ReadonlySet<string> | undefined {
  if (!terms?.length) return undefined;
  const names = new Set<string>();
  for (const term of terms) {
    const byName = term.fields.find((field) => field.key === 'metadata.name' && field.operator === 'In');
    if (!byName) return undefined;
    for (const name of byName.values) names.add(name);
  }
  return names;
}

function hostPortsOf(container: Container, isHostNetwork: boolean): HostPort[] {
  const ports: HostPort[] = [];
  for (const { hostPort, containerPort, protocol, hostIP } of container.ports ?? []) {
    const port = hostPort || (isHostNetwork ? containerPort : 0);
    if (port > 0) ports.push({ port, protocol: protocol ?? 'TCP', address: hostIP || '0.0.0.0' });
  }
  return ports;
}
