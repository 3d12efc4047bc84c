import { streamChannels, type TransferRequest } from '@gantry/api-types/protocol';
import { copyStream } from '@gantry/core/streams/copy-stream';
import type { IncomingStream } from '@gantry/core/streams/stream-acceptor';
import type { ImageTransfers } from './image-transfers.ts';

/** Carries out one transfer; see {@link TransferRequest}. */
export async function serveTransfer(
  images: ImageTransfers,
  request: Exclude<TransferRequest, { kind: 'readVolume' | 'writeVolume' }>,
  stream: IncomingStream,
): Promise<void> {
  // What takes long comes after: the controller gives up on streams that are not accepted soon.
  stream.accept();
  const data = stream.channel(streamChannels.data);
  switch (request.kind) {
    case 'imageLayers':
      data.end(JSON.stringify(await images.compareLayers(request.reference, request.imageId, request.layers)));
      return;
    case 'loadImage':
      data.end(JSON.stringify(await images.load(request.reference, data, stream.signal)));
      return;
    case 'commitContainer':
      data.end(JSON.stringify(await images.commit(request.pod, request.container, request.reference)));
      return;
    case 'saveImage':
      return copyStream(await images.save(request.reference, request.skipLayers, stream.signal), data);
  }
}
