import { type LogStreamOptions, type PodReference, streamChannels } from '@gantry/api-types/protocol';
import { copyStream } from '@gantry/core/streams/copy-stream';
import type { IncomingStream } from '@gantry/core/streams/stream-acceptor';
import type { NodePods } from '../node-api.ts';

export interface LogsRequest {
  readonly pod: PodReference;
  readonly options: LogStreamOptions;
}

/** The log of one container, at the reader's pace. */
export async function serveLogs(pods: NodePods, request: LogsRequest, stream: IncomingStream): Promise<void> {
  const source = await pods.openLogs(request.pod.uid, request.options, stream.signal);
  // First of all: an error that nobody listens to would end the agent.
  source.on('error', () => undefined);
  try {
    stream.accept();
    await copyStream(source, stream.channel(streamChannels.stdout));
  } finally {
    source.destroy();
  }
}
