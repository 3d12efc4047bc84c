import { ApiError } from '@gantry/api-types';
import type { StreamRequest } from '@gantry/api-types/protocol';
import type { StreamHandler } from '@gantry/core/streams/stream-acceptor';
import type { NodePods } from '../node-api.ts';
import type { ImageTransfers } from '../transfers/image-transfers.ts';
import { serveLogs } from './serve-logs.ts';

/**
 * What the agent does for each kind of stream. `pods` throws until the pod manager runs. What is used seldom is loaded
 * with the first stream of its kind.
 */
export function createStreamHandler(pods: () => NodePods): StreamHandler {
  return async (request, stream) => {
    switch (request.kind) {
      case 'logs':
        return serveLogs(pods(), request, stream);
      case 'imageLayers':
      case 'loadImage':
      case 'saveImage':
      case 'commitContainer': {
        const { serveTransfer } = await import('../transfers/serve-transfer.ts');
        return serveTransfer(requireTransfers(pods()), request, stream);
      }
      case 'readVolume':
      case 'writeVolume': {
        const { serveVolumeData } = await import('../transfers/serve-volume-data.ts');
        return serveVolumeData(pods(), request, stream);
      }
      default:
        throw new ApiError('BadRequest', `the agent of the node has no streams of kind ${nameOf(request)}: upgrade it`);
    }
  };
}

function requireTransfers({ transfers }: NodePods): ImageTransfers {
  if (!transfers)
    throw new ApiError('BadRequest', 'the node has no Docker Engine that images could come from or go to');
  return transfers;
}

function nameOf(request: StreamRequest): string {
  return request.kind;
}
