import type { Readable } from 'node:stream';

import type {
  ConfigMap,
  NodeUsage,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodStatus,
  Secret,
  Service,
} from '@gantry/api-types';
import type { LogStreamOptions, NodeEventReport, VolumeReference } from '@gantry/api-types/protocol';
import type { ResolvedPolicy } from '@gantry/api-types/resolved-policy';
import type { InspectionSource } from './inspection/source.ts';
import type { ContainerRuntime } from './runtime/container-runtime.ts';
import type { ImageTransfers } from './transfers/image-transfers.ts';

/** What the pod manager needs of the connection to the controller. Implemented by `session/`, faked in tests. */
export interface NodeApi {
  /** True once the full desired state was received in this process's life: only then may orphans be removed. */
  readonly hasSynced: boolean;
  /** The pods bound to this node, terminating ones included, by uid. Last known state while the controller is away. */
  pods(): ReadonlyMap<string, Pod>;
  /** Undefined where it does not exist (or is not yet known: see `hasSynced`). */
  configMap(namespace: string, name: string): ConfigMap | undefined;
  secret(namespace: string, name: string): Secret | undefined;
  persistentVolumeClaim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  persistentVolume(name: string): PersistentVolume | undefined;
  /** Those of the node's pods, and those whose directory here shall be removed. */
  persistentVolumes(): Iterable<PersistentVolume>;
  /** All Services of the cluster. */
  readonly services?: { services(): ReadonlyMap<string, Service> };
  /** The NetworkPolicies of the cluster that concern this node. */
  readonly policies?: PolicySource;
  /** Called with the uid of a pod that appeared, changed or vanished, or whose ConfigMap, Secret or claim did. */
  onChange(handler: (podUid: string) => void): void;
  /** Called when a claim or a volume appeared, changed or vanished. */
  onVolumesChange(handler: () => void): void;
  /** Replaces the pod's status at the controller; the newest wins, sent again after a reconnect. Never throws. */
  reportPodStatus(pod: Pod, status: PodStatus): void;
  /** All containers and volumes of a deleted pod are gone: the controller may remove the object. */
  reportPodTerminated(pod: Pod): void;
  /** The directory of a released volume is gone: the controller may remove the object. */
  reportVolumeDeleted(volume: VolumeReference): void;
  recordEvent(event: PodEvent): void;
  /** About the node itself. */
  recordNodeEvent(event: NodeEventReport): void;
}

export interface PolicySource {
  /** Undefined until the controller has named them once. */
  current(): readonly ResolvedPolicy[] | undefined;
  /** One listener: a later one takes the place of the earlier. */
  onChange(handler: () => void): void;
}

export interface PodEvent {
  readonly pod: Pod;
  readonly type: 'Normal' | 'Warning';
  /** Kubernetes' reasons: Pulling, Pulled, Created, Started, Killing, BackOff, Failed, Unhealthy, … */
  readonly reason: string;
  readonly message: string;
  /** `spec.containers{name}` where the event is about one container. */
  readonly fieldPath?: string;
}

/** What the session needs of the pod manager. */
export interface NodePods {
  openLogs(podUid: string, options: LogStreamOptions, signal: AbortSignal): Promise<Readable>;
  /** A container of the pod that is running. Throws `ApiError` where there is none. */
  findContainer(podUid: string, container: string): RunningContainer;
  /** Where the pod's ports are. Throws `ApiError` where it has no running container. */
  findNetwork(podUid: string): PodNetworkPlace;
  readonly runtime: ContainerRuntime;
  /** Reads the cgroups of all running pods; cheap enough for every two seconds. */
  sampleUsage(): Promise<NodeUsage>;
  /** Images to and from the engine; absent where that cannot be (an engine of tests). */
  readonly transfers?: ImageTransfers;
  /** What inspections are made from; absent where there is no engine to look at. */
  readonly inspection?: InspectionSource;
  /** Where the node keeps the volumes that it makes for claims. */
  readonly claimsDirectory?: string;
}

export interface RunningContainer {
  /** The engine's. */
  readonly id: string;
  readonly hasTty: boolean;
}

export interface PodNetworkPlace {
  /** Undefined where the pod is in the host's own network. */
  readonly ip: string | undefined;
  /** The engine's id of a container that runs in the pod's network. */
  readonly containerId: string;
}

export type { LogStreamOptions as LogRequest };
