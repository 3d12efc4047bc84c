import type { ErrorReason } from './errors.ts';
import type {
  ConfigMap,
  ContainerImage,
  EndpointSlice,
  NodeAddress,
  NodeCondition,
  NodeSystemInfo,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodStatus,
  Secret,
  Service,
  Taint,
} from './generated/types.ts';
import type { IngressConfig, IngressListener } from './ingress-config.ts';
import type { ResolvedPolicy } from './resolved-policy.ts';
import type { ScrapedPod, WantedMetrics } from './scrape.ts';
import type { AcceptorFrame, OpenerFrame, PodReference } from './stream-protocol.ts';
import type { NodeUsage } from './usage.ts';

export * from './stream-protocol.ts';
export * from './transfer-protocol.ts';

/**
 * The agent protocol: one WebSocket per node, dialled by the agent, TLS, `Authorization: Bearer <node credential>`.
 * Text frames are the JSON of {@link AgentFrame} and {@link ControllerFrame}; binary frames carry stream bytes
 * (see `stream-protocol.ts`). A frame that does not parse closes the connection with {@link closeCodes}.badFrame.
 */
export const agentProtocol = {
  version: 2,
  /** Where the agent's WebSocket connects. */
  sessionPath: '/gantry/v1/agent',
  /** `POST` a {@link JoinRequest} with a bootstrap token, get a {@link JoinResponse}. */
  joinPath: '/gantry/v1/join',
  /** `DELETE` with the node's own credential: its Node goes and the credential is void. Answers a {@link LeaveResponse}. */
  leavePath: '/gantry/v1/node',
  /** `GET` with a bootstrap token: the agent as one gzipped tar archive. */
  archivePath: '/gantry/v1/agent.tgz',
  /** Stream bytes wait while this much is unsent on the connection, so that heartbeats are never far behind. */
  maxBufferedStreamBytes: 512 * 1024,
  /** Largest text frame either side accepts. */
  maxFrameBytes: 16 * 1024 * 1024,
} as const;

/** WebSocket close codes of our own (4000 and up is the private range of RFC 6455); docs/errors.md says what each means. */
export const closeCodes = { badFrame: 4400, silent: 4408, replaced: 4409, tooSlow: 4429, goingAway: 1001 } as const;

export interface JoinRequest {
  readonly nodeName: string;
}

export interface JoinResponse {
  readonly nodeName: string;
  /** The node's own credential, for the session. */
  readonly token: string;
}

/** What a host that leaves needs to know to clean up after itself. */
export interface LeaveResponse {
  readonly nodeName: string;
  readonly cluster: string;
}

/** What an agent declares of its host; becomes the Node object. */
export interface NodeRegistration {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly addresses: readonly NodeAddress[];
  readonly nodeInfo: NodeSystemInfo;
  /** Conditions beside Ready (MemoryPressure, DiskPressure, PIDPressure); times are filled in by the controller. */
  readonly conditions: readonly Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>[];
  readonly images: readonly ContainerImage[];
  /** Where the node keeps the volumes that it makes for claims; absolute. */
  readonly claimsDirectory?: string;
  /** Where the node's proxy for Ingresses listens; absent where it has none. */
  readonly ingress?: IngressListener;
  /** Why the node cannot run pods just now (engine unreachable); absent where it can. */
  readonly notReadyReason?: string;
}

/** A PersistentVolume of which the node removed the directory. */
export interface VolumeReference {
  readonly name: string;
  readonly uid: string;
}

export interface EventReport {
  readonly pod: PodReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** About the node itself: reasons such as ImageGCFailed. */
export interface NodeEventReport {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export type AgentFrame =
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly agentVersion: string;
      readonly registration: NodeRegistration;
    }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'registration'; readonly registration: NodeRegistration }
  | { readonly type: 'podStatuses'; readonly items: readonly (PodReference & { readonly status: PodStatus })[] }
  | { readonly type: 'podsTerminated'; readonly items: readonly PodReference[] }
  | { readonly type: 'volumesDeleted'; readonly items: readonly VolumeReference[] }
  | { readonly type: 'events'; readonly items: readonly EventReport[] }
  | { readonly type: 'nodeEvents'; readonly items: readonly NodeEventReport[] }
  | { readonly type: 'usage'; readonly usage: NodeUsage }
  /** What the pods' own endpoints said; sent about every five seconds while something is wanted of them. */
  | { readonly type: 'podMetrics'; readonly items: readonly ScrapedPod[] }
  | TokenRequestFrame
  | AcceptorFrame;

/** Asks for a token of the service account of a pod of the node, bound to that pod. Answered by a {@link TokenFrame}. */
export interface TokenRequestFrame {
  readonly type: 'requestToken';
  /** Chosen by the agent, unique within the connection. */
  readonly requestId: number;
  readonly pod: PodReference;
  /** Empty: the API server's own. */
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

export type TokenFrame =
  | {
      readonly type: 'token';
      readonly requestId: number;
      readonly token: string;
      /** RFC 3339. */
      readonly expirationTimestamp: string;
    }
  | {
      readonly type: 'tokenRefused';
      readonly requestId: number;
      readonly reason: ErrorReason;
      readonly message: string;
    };

/** Kinds of which a node is sent what its pods need. */
export interface NodeObjectTypes {
  pods: Pod;
  configmaps: ConfigMap;
  secrets: Secret;
  persistentvolumeclaims: PersistentVolumeClaim;
  /** Those of the node's pods, and those whose directory on the node shall be removed. */
  persistentvolumes: PersistentVolume;
  /** All of the cluster, cut down to what a node needs of them, as are the EndpointSlices. */
  services: Service;
  endpointslices: EndpointSlice;
}

export type NodeResource = keyof NodeObjectTypes;

/** The ranges and names that Services of this cluster use. */
export interface ServiceNetwork {
  /** The range of all pods, of which each node has a part. */
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  /** The cluster IP of `kube-system/kube-dns`. */
  readonly dnsIp: string;
  /** `cluster.local`. */
  readonly domain: string;
}

/** Where one node's pods are, and the node. */
export interface NodeRoute {
  readonly nodeName: string;
  /** Of the Node's label `topology.kubernetes.io/zone`, which need not be what its agent said. */
  readonly zone?: string;
  /** IPv4 range in CIDR notation. */
  readonly podCIDR: string;
  /** The host's address. */
  readonly hostIP: string;
}

export type ControllerFrame =
  | {
      readonly type: 'welcome';
      readonly nodeName: string;
      readonly cluster: string;
      readonly podCIDR: string;
      readonly heartbeatMs: number;
      readonly services: ServiceNetwork;
    }
  /** The session is not accepted; the agent must not retry at once. */
  | { readonly type: 'refused'; readonly reason: ErrorReason; readonly message: string }
  /** Answers every agent heartbeat, so that the agent notices a dead controller. */
  | { readonly type: 'heartbeat' }
  /** Where the pods of all nodes are (`isFull`), or what changed of that; sent before the objects. */
  | {
      readonly type: 'nodeRoutes';
      /** The range that all pod CIDRs are cut from. */
      readonly clusterCIDR: string;
      readonly isFull: boolean;
      readonly items: readonly NodeRoute[];
      /** Names of nodes. */
      readonly removed: readonly string[];
    }
  | { readonly type: 'objects'; readonly items: readonly NodeObjectChange[] }
  /** All NetworkPolicies that concern the node, in place of those it was sent before. */
  | { readonly type: 'policies'; readonly items: readonly ResolvedPolicy[] }
  /** Which metrics of pods to collect, in place of those named before; never sent while there are none. */
  | { readonly type: 'wantedMetrics'; readonly items: readonly WantedMetrics[] }
  /** What the node's proxy is to do, in place of what it was told before. */
  | { readonly type: 'ingress'; readonly config: IngressConfig }
  /** Everything the node needs has been sent once; what it holds beyond that is gone. */
  | { readonly type: 'synced' }
  | TokenFrame
  | OpenerFrame;

export type NodeObjectChange =
  | { readonly [R in NodeResource]: { readonly resource: R; readonly object: NodeObjectTypes[R] } }[NodeResource]
  | { readonly resource: NodeResource; readonly deletedKey: string };

/** Parses a text frame; undefined where it is not an object with a string `type`. Senders are trusted beyond that. */
export function parseFrame<F extends AgentFrame | ControllerFrame>(text: string): F | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isFrame = typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
    return isFrame ? (value as F) : undefined;
  } catch {
    // Not JSON: the caller closes the connection.
    return undefined;
  }
}
