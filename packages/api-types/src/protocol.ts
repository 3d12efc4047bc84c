import type { ErrorReason } from './errors.ts';
import type {
  ConfigMap,
  ContainerImage,
  NodeAddress,
  NodeCondition,
  NodeSystemInfo,
  Pod,
  PodStatus,
  Secret,
  Taint,
} from './generated/types.ts';
import type { NodeUsage } from './usage.ts';

/**
 * The agent protocol: one WebSocket per node, dialled by the agent, TLS, `Authorization: Bearer <node credential>`.
 * Text frames are the JSON of {@link AgentFrame} and {@link ControllerFrame}; binary frames carry stream bytes
 * (see {@link encodeStreamData}). A frame that does not parse closes the connection with {@link closeCodes}.badFrame.
 */
export const agentProtocol = {
  version: 1,
  /** Where the agent's WebSocket connects. */
  sessionPath: '/gantry/v1/agent',
  /** `POST` a {@link JoinRequest} with a bootstrap token, get a {@link JoinResponse}. */
  joinPath: '/gantry/v1/join',
  /** `GET` with a bootstrap token: the agent as one gzipped tar archive. */
  archivePath: '/gantry/v1/agent.tgz',
  /** Bytes a stream's sender may have in flight before the receiver grants more. */
  streamWindowBytes: 256 * 1024,
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
  /** Why the node cannot run pods just now (engine unreachable); absent where it can. */
  readonly notReadyReason?: string;
}

export interface PodReference {
  readonly namespace: string;
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

/** Names as in Kubernetes' PodLogOptions. */
export interface LogStreamOptions {
  readonly container: string;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly sinceSeconds?: number;
  readonly sinceTime?: string;
  readonly tailLines?: number;
  readonly limitBytes?: number;
}

export interface StreamError {
  readonly reason: ErrorReason;
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
  | { readonly type: 'events'; readonly items: readonly EventReport[] }
  | { readonly type: 'usage'; readonly usage: NodeUsage }
  | { readonly type: 'streamOpened'; readonly id: number }
  | { readonly type: 'streamRefused'; readonly id: number; readonly error: StreamError }
  | { readonly type: 'streamEnded'; readonly id: number; readonly error?: StreamError };

/** Kinds of which a node is sent what its pods need. */
export interface NodeObjectTypes {
  pods: Pod;
  configmaps: ConfigMap;
  secrets: Secret;
}

export type NodeResource = keyof NodeObjectTypes;

export type ControllerFrame =
  | {
      readonly type: 'welcome';
      readonly nodeName: string;
      readonly cluster: string;
      readonly podCIDR: string;
      readonly heartbeatMs: number;
    }
  /** The session is not accepted; the agent must not retry at once. */
  | { readonly type: 'refused'; readonly reason: ErrorReason; readonly message: string }
  /** Answers every agent heartbeat, so that the agent notices a dead controller. */
  | { readonly type: 'heartbeat' }
  | { readonly type: 'objects'; readonly items: readonly NodeObjectChange[] }
  /** Everything the node needs has been sent once; what it holds beyond that is gone. */
  | { readonly type: 'synced' }
  | {
      readonly type: 'openStream';
      readonly id: number;
      readonly kind: 'logs';
      readonly pod: PodReference;
      readonly options: LogStreamOptions;
    }
  | { readonly type: 'closeStream'; readonly id: number }
  | { readonly type: 'credit'; readonly id: number; readonly bytes: number };

export type NodeObjectChange =
  | { readonly [R in NodeResource]: { readonly resource: R; readonly object: NodeObjectTypes[R] } }[NodeResource]
  | { readonly resource: NodeResource; readonly deletedKey: string };

const headerBytes = 4;

/** A binary frame: the stream's id (big-endian uint32), then its bytes. */
export function encodeStreamData(id: number, data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headerBytes + data.byteLength);
  new DataView(frame.buffer).setUint32(0, id);
  frame.set(data, headerBytes);
  return frame;
}

/** The inverse of {@link encodeStreamData}; undefined for a frame too short to be one. */
export function decodeStreamData(frame: Uint8Array): { id: number; data: Uint8Array } | undefined {
  if (frame.byteLength < headerBytes) return undefined;
  const id = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0);
  return { id, data: frame.subarray(headerBytes) };
}

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
