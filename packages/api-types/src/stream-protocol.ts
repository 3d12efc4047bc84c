import type { ErrorReason } from './errors.ts';
import type { TransferRequest } from './transfer-protocol.ts';

/**
 * Byte streams within an agent's session. The controller opens a stream, the agent accepts or refuses it. A stream has
 * up to eight channels, each with bytes in both directions, its own end of each direction and its own flow control: a
 * sender may have a window of bytes in flight on a channel and gets credit for what the receiver's consumer has taken.
 */
export const streamLimits = {
  /** Bytes a channel's sender may have in flight before the receiver grants more. */
  windowBytes: 256 * 1024,
  /** The window of streams beyond the first {@link streamLimits.wideStreams} of a session. */
  narrowWindowBytes: 32 * 1024,
  wideStreams: 64,
  /** Streams that may be open at once in a session. */
  maxStreams: 512,
  maxChannels: 8,
  /** The most bytes of one data frame: between two of them other channels and the session's own frames get their turn. */
  dataFrameBytes: 32 * 1024,
} as const;

/** Channels of exec and attach, as Kubernetes numbers them; logs come on `stdout`, other streams use `data`. */
export const streamChannels = { data: 0, stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

export interface PodReference {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
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

/** Which of a container's standard streams are wanted; with a terminal, stdout and stderr are one. */
export interface TerminalOptions {
  readonly container: string;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** What a controller may ask of an agent. */
export type StreamRequest =
  | { readonly kind: 'logs'; readonly pod: PodReference; readonly options: LogStreamOptions }
  /**
   * Runs a command in a running container. Channel `error` carries a Kubernetes Status once it has ended; channel
   * `resize` takes lines of JSON `{"Width":80,"Height":24}`.
   */
  | {
      readonly kind: 'exec';
      readonly pod: PodReference;
      readonly options: TerminalOptions;
      readonly command: readonly string[];
    }
  /** The standard streams of a running container's own process; the other channels as for exec. */
  | { readonly kind: 'attach'; readonly pod: PodReference; readonly options: TerminalOptions }
  /** One TCP connection to a port within the pod's network, on channel `data`. */
  | { readonly kind: 'portForward'; readonly pod: PodReference; readonly port: number }
  /** What the agent counts of itself, in Prometheus' text format, on channel `data`. */
  | { readonly kind: 'metrics' }
  /** What the pod is made of: a `PodInspectionReport` as JSON on channel `data`. */
  | { readonly kind: 'inspectPod'; readonly pod: PodReference }
  /** The node's images and their layers: a `NodeInspectionReport` as JSON on channel `data`. */
  | { readonly kind: 'inspectNode' }
  | TransferRequest;

export type StreamKind = StreamRequest['kind'];

export interface StreamError {
  readonly reason: ErrorReason;
  readonly message: string;
}

/** Sent by both ends. */
export type ChannelFrame =
  /** The receiver's consumer took bytes: as many more may be sent. */
  | { readonly type: 'streamCredit'; readonly id: number; readonly channel: number; readonly bytes: number }
  /** The sender has no more bytes for this channel. */
  | { readonly type: 'channelEnded'; readonly id: number; readonly channel: number };

/** Sent by the end that opens streams. */
export type OpenerFrame =
  | ChannelFrame
  | {
      readonly type: 'openStream';
      readonly id: number;
      readonly windowBytes: number;
      readonly request: StreamRequest;
    }
  /** Nobody reads any more; the other end stops what it does for the stream. */
  | { readonly type: 'closeStream'; readonly id: number };

/** Sent by the end that accepts streams. */
export type AcceptorFrame =
  | ChannelFrame
  | { readonly type: 'streamOpened'; readonly id: number }
  | { readonly type: 'streamRefused'; readonly id: number; readonly error: StreamError }
  /** Nothing more comes on any channel; what came before is still delivered. */
  | { readonly type: 'streamEnded'; readonly id: number; readonly error?: StreamError };

const headerBytes = 5;

/** A binary frame: the stream's id (big-endian uint32), the channel's number, then its bytes. */
export function encodeStreamData(id: number, channel: number, data: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headerBytes + data.byteLength);
  new DataView(frame.buffer).setUint32(0, id);
  frame[4] = channel;
  frame.set(data, headerBytes);
  return frame;
}

/** The inverse of {@link encodeStreamData}; undefined for what is none. */
export function decodeStreamData(frame: Uint8Array): { id: number; channel: number; data: Uint8Array } | undefined {
  const channel = frame[4];
  if (channel === undefined || channel >= streamLimits.maxChannels) return undefined;
  const id = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0);
  return { id, channel, data: frame.subarray(headerBytes) };
}
