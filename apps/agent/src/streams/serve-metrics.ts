import { Readable } from 'node:stream';
import { streamChannels } from '@gantry/api-types/protocol';
import { writeExposition } from '@gantry/core/metrics/exposition';
import type { Instrument } from '@gantry/core/metrics/instruments';
import { copyStream } from '@gantry/core/streams/copy-stream';
import type { IncomingStream } from '@gantry/core/streams/stream-acceptor';

/** What the agent counts of itself, in Prometheus' text format. */
export function serveMetrics(instruments: readonly Instrument[], stream: IncomingStream): Promise<void> {
  stream.accept();
  return copyStream(Readable.from([Buffer.from(writeExposition(instruments))]), stream.channel(streamChannels.data));
}
