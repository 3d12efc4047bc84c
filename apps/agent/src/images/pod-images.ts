import type { Pod } from '@gantry/api-types';

/** The references of all images that the pods' containers name. */
export function* imagesOf(pods: Iterable<Pod>): Iterable<string> {
  for (const { spec } of pods) {
    const { initContainers = [], containers, ephemeralContainers = [] } = spec;
    for (const { image } of [...initContainers, ...containers, ...ephemeralContainers]) if (image) yield image;
  }
}
