import type { StreamRequest } from '@gantry/api-types/protocol';
import type { OpenedStream } from '@gantry/core/streams/stream-opener';

/** Byte streams to a node's agent. Implemented by the agent sessions, used by the handlers of logs, exec and the like. */
export interface NodeStreams {
  /**
   * Resolves once the agent has accepted the stream. Rejects with `ApiError` (what the agent refuses with;
   * ServiceUnavailable where the node has no session; TooManyRequests) or the signal's reason. Aborting the signal
   * closes the stream, at the agent too.
   */
  openStream(nodeName: string, request: StreamRequest, signal: AbortSignal): Promise<OpenedStream>;
}
