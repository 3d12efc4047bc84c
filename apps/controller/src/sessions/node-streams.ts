import type { Readable } from 'node:stream';
import type { LogStreamOptions } from '@gantry/api-types/protocol';

export type { LogStreamOptions as LogOptions };

/** Byte streams from a node's agent. Implemented by the agent sessions, used by the pods/log handler and the dashboard. */
export interface NodeStreams {
  /**
   * The container's log bytes (stdout and stderr interleaved, as Kubernetes serves them), ended where the container
   * ended or, with `follow`, when it does. Rejects with `ApiError` (BadRequest where the container has not started or has no previous run,
   * ServiceUnavailable where the node has no session). Back-pressured; aborting the signal ends it at the agent too.
   */
  openLogs(
    nodeName: string,
    pod: { namespace: string; name: string; uid: string },
    options: LogStreamOptions,
    signal: AbortSignal,
  ): Promise<Readable>;
}
