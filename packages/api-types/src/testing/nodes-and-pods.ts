import type { Container, Node, NodeSpec, Pod, PodSpec, PodStatus, Taint, Toleration } from '../generated/types.ts';
import { builtAt, type MetadataOptions, makeMetadata, pick } from './metadata.ts';

export interface ContainerOptions {
  readonly name?: string;
  readonly image?: string;
  /** Requests, as quantities. */
  readonly cpu?: string;
  readonly memory?: string;
  readonly cpuLimit?: string;
  readonly memoryLimit?: string;
  /** Ports to declare by number. */
  readonly ports?: readonly number[];
  /** Anything else of the container. */
  readonly extra?: Partial<Container>;
}

/** A container with the defaults Kubernetes shows. */
export function makeContainer(options: ContainerOptions = {}): Container {
  const { name = 'main', image = 'example/app:1', cpu, memory, cpuLimit, memoryLimit, ports } = options;
  const requests = pick({ cpu: cpu ?? cpuLimit, memory: memory ?? memoryLimit }, ['cpu', 'memory']);
  const limits = pick({ cpu: cpuLimit, memory: memoryLimit }, ['cpu', 'memory']);
  return {
    name,
    image,
    resources: { ...amounts('limits', limits), ...amounts('requests', requests) },
    ...(ports ? { ports: ports.map((containerPort) => ({ containerPort, protocol: 'TCP' })) } : {}),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
    ...options.extra,
  };
}

function amounts(key: 'limits' | 'requests', from: { cpu?: string | undefined; memory?: string | undefined }): object {
  return Object.keys(from).length > 0 ? { [key]: from } : {};
}

export interface PodOptions extends MetadataOptions, ContainerOptions {
  readonly nodeName?: string;
  readonly nodeSelector?: Record<string, string>;
  readonly tolerations?: Toleration[];
  /** Replaces the one container the other options describe. */
  readonly containers?: Container[];
  readonly initContainers?: Container[];
  readonly phase?: string;
  /** Sets the Ready condition, and the phase Running where none is given. */
  readonly isReady?: boolean;
  readonly spec?: Partial<PodSpec>;
  readonly status?: Partial<PodStatus>;
}

/** A pod, defaulted, Pending and unscheduled unless the options say otherwise. `name` names the pod; its container is `main`. */
export function makePod(options: PodOptions = {}): Pod {
  const { containers, initContainers, nodeName, nodeSelector, tolerations, phase, isReady, spec, status } = options;
  const { name: _, ...container } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: makeMetadata('Pod', { ...options, isNamespaced: true }),
    spec: {
      containers: containers ?? [makeContainer({ ...container, name: 'main' })],
      ...pick({ initContainers, nodeName, nodeSelector, tolerations }, [
        'initContainers',
        'nodeName',
        'nodeSelector',
        'tolerations',
      ]),
      ...podDefaults(),
      enableServiceLinks: true,
      ...spec,
    },
    status: {
      phase: phase ?? (isReady === undefined ? 'Pending' : 'Running'),
      ...(isReady === undefined
        ? {}
        : { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: builtAt }] }),
      ...status,
    },
  };
}

/** What pod templates and pods have after defaulting; made anew each time, since tests change objects. */
export function podDefaults(): Omit<PodSpec, 'containers'> {
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  };
}

export interface NodeOptions extends MetadataOptions {
  /** Allocatable and capacity, as quantities. */
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
  readonly zone?: string;
  readonly isReady?: boolean;
  readonly isUnschedulable?: boolean;
  readonly taints?: Taint[];
  readonly spec?: Partial<NodeSpec>;
  readonly status?: Partial<Node['status']>;
}

/** A Ready node with 4 cpus, 8 GiB and room for 110 pods, labelled with its host name. */
export function makeNode(options: NodeOptions = {}): Node {
  const {
    cpu = '4',
    memory = '8Gi',
    pods = '110',
    zone,
    isReady = true,
    isUnschedulable,
    taints,
    name = 'node',
  } = options;
  const resources = { cpu, memory, pods };
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    ...(zone ? { 'topology.kubernetes.io/zone': zone } : {}),
    ...options.labels,
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: makeMetadata('Node', { ...options, name, labels, isNamespaced: false }),
    spec: { ...(isUnschedulable ? { unschedulable: true } : {}), ...(taints ? { taints } : {}), ...options.spec },
    status: {
      capacity: { ...resources },
      allocatable: { ...resources },
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: builtAt }],
      ...options.status,
    },
  };
}
