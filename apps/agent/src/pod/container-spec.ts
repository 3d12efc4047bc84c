import type { Container, ContainerPort, Pod } from '@gantry/api-types';
import type { ContainerMount, ContainerNetwork, ContainerSpec, PublishedPort } from '../runtime/container-runtime.ts';
import { containerSecurity, containerUser } from './container-security.ts';
import { type Objects, resolveEnvironment } from './environment.ts';
import { expandVariables } from './expand-variables.ts';
import type { PodFacts } from './field-values.ts';
import { containerLabels, containerName, type NodeIdentity } from './labels.ts';
import { containerResources, type ResourceFacts } from './resources.ts';

export interface ContainerSpecInput {
  readonly identity: NodeIdentity;
  readonly facts: PodFacts;
  readonly container: Container;
  readonly attempt: number;
  readonly objects: Objects;
  readonly imageUser: string;
  readonly mounts: readonly ContainerMount[];
  readonly network: ContainerNetwork;
  readonly cgroupParent: string | undefined;
  readonly resourceFacts: ResourceFacts;
}

/** The engine's container for one attempt at a container of the pod. Throws `ConfigProblem`. Pure. */
export function containerSpec(input: ContainerSpecInput): ContainerSpec {
  const { identity, facts, container, attempt } = input;
  const { pod, podIp } = facts;
  const variables = resolveEnvironment(container, facts, input.objects);
  const expand = (texts: readonly string[]) => texts.map((text) => expandVariables(text, variables));
  return {
    name: containerName(pod, container.name, attempt),
    image: container.image ?? '',
    ...(container.command?.length ? { entrypoint: expand(container.command) } : {}),
    ...(container.args?.length ? { command: expand(container.args) } : {}),
    ...(container.workingDir ? { workingDirectory: container.workingDir } : {}),
    environment: [...variables].map(([name, value]) => `${name}=${value}`),
    labels: containerLabels(identity, pod, container, { attempt, ip: podIp }),
    hostname: hostnameOf(pod),
    hasTty: container.tty ?? false,
    keepsStdinOpen: container.stdin ?? false,
    closesStdinAfterAttach: container.stdinOnce ?? false,
    ...containerUser(pod, container, input.imageUser),
    resources: containerResources(pod, container, input.resourceFacts),
    security: containerSecurity(pod, container),
    mounts: input.mounts,
    ports: (container.ports ?? []).flatMap(publishedPort),
    network: input.network,
    extraHosts: (pod.spec.hostAliases ?? []).flatMap((alias) =>
      (alias.hostnames ?? []).map((name) => `${name}:${alias.ip}`),
    ),
    ...dnsOf(pod),
    ...(input.cgroupParent === undefined ? {} : { cgroupParent: input.cgroupParent }),
    ...sysctlsOf(pod),
  };
}

/** The pod's host name: at most 63 characters, not ending in a separator, as the kubelet cuts it. */
export function hostnameOf(pod: Pod): string {
  return (pod.spec.hostname || pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '');
}

function publishedPort(port: ContainerPort): PublishedPort[] {
  if (!port.hostPort) return [];
  const protocol = (port.protocol ?? 'TCP').toLowerCase();
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') return [];
  return [{ containerPort: port.containerPort, hostPort: port.hostPort, hostIp: port.hostIP ?? '', protocol }];
}

function dnsOf(pod: Pod): Pick<ContainerSpec, 'dns'> {
  const config = pod.spec.dnsConfig;
  if (!config) return {};
  return {
    dns: {
      servers: config.nameservers ?? [],
      searches: config.searches ?? [],
      options: (config.options ?? []).map(({ name, value }) => (value === undefined ? `${name}` : `${name}:${value}`)),
    },
  };
}

function sysctlsOf(pod: Pod): Pick<ContainerSpec, 'sysctls'> {
  const sysctls = pod.spec.securityContext?.sysctls;
  return sysctls?.length ? { sysctls: Object.fromEntries(sysctls.map(({ name, value }) => [name, value])) } : {};
}
