import type { ContainerPort, Pod } from '@gantry/api-types';
import { publishedPorts, sysctlsOf } from '../pod/container-spec.ts';
import { containerLabels, containerName, type NodeIdentity } from '../pod/labels.ts';
import { sandboxName } from '../pod/pod-containers.ts';
import type { ContainerSpec } from '../runtime/container-runtime.ts';
import { pauseImage } from './pause-image.ts';

export interface SandboxSpecInput {
  readonly identity: NodeIdentity;
  readonly pod: Pod;
  readonly attempt: number;
  readonly ip: string;
  readonly hostname: string;
  readonly namespaces: Pick<ContainerSpec, 'network' | 'pidMode' | 'ipcMode'>;
  readonly publishesHostPorts: boolean;
  readonly cgroupParent: string | undefined;
  readonly lowestOomScoreAdj: number;
}

/** The out-of-memory score of pause containers: they go last, as in Kubernetes. */
const oomScoreAdj = -998;
const minCpuShares = 2;

/** The pause container of a pod: it holds the namespaces that the pod's containers join, and can do nothing. Pure. */
export function sandboxSpec(input: SandboxSpecInput): ContainerSpec {
  const { identity, pod, attempt, ip, namespaces } = input;
  return {
    name: containerName(pod, sandboxName, attempt),
    image: pauseImage,
    environment: [],
    labels: containerLabels(identity, pod, { name: sandboxName, image: pauseImage }, { attempt, ip, sandboxId: '' }),
    hostname: input.hostname,
    hasTty: false,
    keepsStdinOpen: false,
    closesStdinAfterAttach: false,
    user: '65535:65535',
    extraGroups: [],
    resources: { cpuShares: minCpuShares, oomScoreAdj: Math.max(oomScoreAdj, input.lowestOomScoreAdj) },
    security: {
      privileged: false,
      readOnlyRootFilesystem: true,
      noNewPrivileges: true,
      addedCapabilities: [],
      droppedCapabilities: ['ALL'],
      options: [],
      unmaskedPaths: false,
    },
    mounts: [],
    ports: input.publishesHostPorts ? publishedPorts(allPorts(pod)) : [],
    network: namespaces.network,
    ...(namespaces.pidMode ? { pidMode: namespaces.pidMode } : {}),
    ...(namespaces.ipcMode ? { ipcMode: namespaces.ipcMode } : {}),
    ...(input.cgroupParent === undefined ? {} : { cgroupParent: input.cgroupParent }),
    ...sysctlsOf(pod),
  };
}

function allPorts(pod: Pod): ContainerPort[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap(({ ports = [] }) => ports);
}
