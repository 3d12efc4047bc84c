import type { Container, ContainerPort, Pod } from '@gantry/api-types';
import type {
  ContainerBlockIo,
  ContainerMount,
  ContainerResources,
  ContainerSpec,
  PublishedPort,
} from '../runtime/container-runtime.ts';
import { containerSecurity, containerUser } from './container-security.ts';
import { type Objects, resolveEnvironment } from './environment.ts';
import { expandVariables } from './expand-variables.ts';
import type { PodFacts } from './field-values.ts';
import { containerLabels, containerName, type NodeIdentity } from './labels.ts';
import type { ContainerNamespaces } from './namespaces.ts';

export interface ContainerSpecInput {
  readonly identity: NodeIdentity;
  readonly facts: PodFacts;
  readonly container: Container;
  readonly attempt: number;
  readonly objects: Objects;
  readonly imageUser: string;
  readonly mounts: readonly ContainerMount[];
  readonly hostname: string;
  readonly namespaces: ContainerNamespaces;
  readonly publishesHostPorts: boolean;
  readonly cgroupParent: string | undefined;
  readonly resources: ContainerResources;
  readonly blockIo: ContainerBlockIo | undefined;
  /** The text of a seccomp profile of the node. */
  readonly seccompProfile: string | undefined;
}

/** The engine's container for one attempt at a container of the pod. Throws `ConfigProblem`. Pure. */
export function containerSpec(input: ContainerSpecInput): ContainerSpec {
  const { identity, facts, container, attempt, namespaces } = input;
  const { pod, podIp } = facts;
  const holdsNamespaces = namespaces.sandboxId === '';
  const variables = resolveEnvironment(container, facts, input.objects);
  const expand = (texts: readonly string[]) => texts.map((text) => expandVariables(text, variables));
  return {
    name: containerName(pod, container.name, attempt),
    image: container.image ?? '',
    ...(container.command?.length ? { entrypoint: expand(container.command) } : {}),
    ...(container.args?.length ? { command: expand(container.args) } : {}),
    ...(container.workingDir ? { workingDirectory: container.workingDir } : {}),
    environment: [...variables].map(([name, value]) => `${name}=${value}`),
    labels: containerLabels(identity, pod, container, { attempt, ip: podIp, sandboxId: namespaces.sandboxId }),
    hostname: input.hostname,
    ...(container.lifecycle?.stopSignal ? { stopSignal: container.lifecycle.stopSignal } : {}),
    hasTty: container.tty ?? false,
    keepsStdinOpen: container.stdin ?? false,
    closesStdinAfterAttach: container.stdinOnce ?? false,
    ...containerUser(pod, container, input.imageUser),
    resources: input.resources,
    ...(input.blockIo ? { blockIo: input.blockIo } : {}),
    security: containerSecurity(pod, container, input.seccompProfile),
    mounts: input.mounts,
    ports: input.publishesHostPorts ? publishedPorts(container.ports ?? []) : [],
    network: namespaces.network,
    ...(namespaces.pidMode ? { pidMode: namespaces.pidMode } : {}),
    ...(namespaces.ipcMode ? { ipcMode: namespaces.ipcMode } : {}),
    ...(input.cgroupParent === undefined ? {} : { cgroupParent: input.cgroupParent }),
    ...(holdsNamespaces ? sysctlsOf(pod) : {}),
  };
}

/** The host ports that the engine shall publish. */
export function publishedPorts(ports: readonly ContainerPort[]): PublishedPort[] {
  return ports.flatMap(publishedPort);
}

function publishedPort(port: ContainerPort): PublishedPort[] {
  if (!port.hostPort) return [];
  const protocol = (port.protocol ?? 'TCP').toLowerCase();
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') return [];
  return [{ containerPort: port.containerPort, hostPort: port.hostPort, hostIp: port.hostIP ?? '', protocol }];
}

/** Sysctls belong to whoever holds the namespaces. */
export function sysctlsOf(pod: Pod): Pick<ContainerSpec, 'sysctls'> {
  const sysctls = pod.spec.securityContext?.sysctls;
  return sysctls?.length ? { sysctls: Object.fromEntries(sysctls.map(({ name, value }) => [name, value])) } : {};
}
