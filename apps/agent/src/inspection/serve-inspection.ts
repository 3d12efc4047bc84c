import { ApiError } from '@gantry/api-types';
import { type StreamRequest, streamChannels } from '@gantry/api-types/protocol';
import type { IncomingStream } from '@gantry/core/streams/stream-acceptor';
import type { NodePods } from '../node-api.ts';
import { Semaphore } from '../pod/semaphore.ts';
import { ImageCatalogue } from './image-catalogue.ts';
import { inspectNode } from './inspect-node.ts';
import { inspectPod } from './inspect-pod.ts';
import { hostProc } from './proc.ts';
import type { InspectionSource } from './source.ts';

type InspectionRequest = Extract<StreamRequest, { kind: 'inspectPod' | 'inspectNode' }>;

/** Each reads some hundred files and asks the engine: pages that look at the same time take turns. */
const parallelInspections = 2;

/** Inspections over streams; what never changes of images is kept from one to the next. */
export class InspectionServer {
  readonly #turns = new Semaphore(parallelInspections);
  #images: { readonly source: InspectionSource; readonly catalogue: ImageCatalogue } | undefined;

  async serve({ inspection: source }: NodePods, request: InspectionRequest, stream: IncomingStream): Promise<void> {
    if (!source) throw new ApiError('BadRequest', 'the node has no Docker Engine whose containers could be inspected');
    const answer = await this.#turns.run(() => {
      if (stream.signal.aborted) throw new ApiError('ServiceUnavailable', 'nobody waits for the inspection any more');
      return this.#inspect(source, request);
    });
    stream.accept();
    const channel = stream.channel(streamChannels.data);
    channel.on('error', () => undefined);
    channel.end(JSON.stringify(answer));
  }

  #inspect(source: InspectionSource, request: InspectionRequest): Promise<object> {
    const images = this.#catalogueOf(source);
    if (request.kind === 'inspectNode') return inspectNode({ source, images });
    const target = source.pods().find(({ pod }) => pod.metadata.uid === request.pod.uid);
    if (target) return inspectPod({ source, images, proc: hostProc }, target);
    throw new ApiError('NotFound', `pod ${request.pod.name} is not on the node (yet, or any more)`);
  }

  #catalogueOf(source: InspectionSource): ImageCatalogue {
    if (this.#images?.source !== source) this.#images = { source, catalogue: new ImageCatalogue(source.runtime) };
    return this.#images.catalogue;
  }
}
