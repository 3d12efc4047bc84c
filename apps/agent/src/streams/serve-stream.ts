import { ApiError } from '@gantry/api-types';
import type { StreamRequest } from '@gantry/api-types/protocol';
import type { Instrument } from '@gantry/core/metrics/instruments';
import type { StreamHandler } from '@gantry/core/streams/stream-acceptor';
import type { NodePods } from '../node-api.ts';
import type { ImageTransfers } from '../transfers/image-transfers.ts';
import { serveLogs } from './serve-logs.ts';

/**
 * What the agent does for each kind of stream. `pods` throws until the pod manager runs. What is used seldom is loaded
 * with the first stream of its kind. `instruments` are what the agent counts of itself.
 */
export function createStreamHandler(
  pods: () => NodePods,
  instruments: () => readonly Instrument[] = () => [],
): StreamHandler {
  const forward = lazy(async () => {
    const [{ servePortForward }, { NamespaceDialers }] = await Promise.all([
      import('./serve-port-forward.ts'),
      import('./namespace-dialer.ts'),
    ]);
    return { servePortForward, dialers: new NamespaceDialers() };
  });
  const inspections = lazy(async () => {
    const { InspectionServer } = await import('../inspection/serve-inspection.ts');
    return new InspectionServer();
  });
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
      case 'metrics': {
        const { serveMetrics } = await import('./serve-metrics.ts');
        return serveMetrics(instruments(), stream);
      }
      case 'exec': {
        const { serveExec } = await import('./serve-process.ts');
        return serveExec(pods(), request, stream);
      }
      case 'attach': {
        const { serveAttach } = await import('./serve-process.ts');
        return serveAttach(pods(), request, stream);
      }
      case 'portForward': {
        const { servePortForward, dialers } = await forward();
        return servePortForward(pods(), dialers, request, stream);
      }
      case 'inspectPod':
      case 'inspectNode':
        return (await inspections()).serve(pods(), request, stream);
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

function lazy<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load();
    return loaded;
  };
}

function nameOf(request: StreamRequest): string {
  return request.kind;
}
