import { ImageService } from '../images/image-service.ts';
import { imagesOf } from '../images/pod-images.ts';
import type { ResolvedOptions } from './options.ts';
import type { PodManagerSettings } from './pod-manager-settings.ts';

/** The images of the node: pulls, and what is removed where the disk fills. */
export function startImages(settings: PodManagerSettings, options: ResolvedOptions): Promise<ImageService> {
  const { api, runtime, clock, logger, dataDir } = settings;
  const { parallelPulls, strictPull, pullIdleTimeoutMs, imageGarbage: garbage, engine } = options;
  return ImageService.start({
    runtime,
    clock,
    logger,
    dataDir,
    engineDirectory: engine.rootDirectory,
    parallelPulls,
    strictPull,
    pullIdleTimeoutMs,
    garbage,
    wantedImages: () => imagesOf(api.pods().values()),
    event: (reason, message) => api.recordNodeEvent({ type: 'Warning', reason, message }),
  });
}
