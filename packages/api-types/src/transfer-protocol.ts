import type { PodReference } from './stream-protocol.ts';

/**
 * Streams that carry images and the data of volumes. All are accepted at once; the answer comes on channel `data` as one JSON text where
 * nothing else is said.
 */
export type TransferRequest =
  /** Which layers of an image, named from the lowest on, the node's engine has. Answer: {@link ImageLayersAnswer}. */
  | {
      readonly kind: 'imageLayers';
      readonly reference: string;
      readonly imageId: string;
      readonly layers: readonly string[];
    }
  /** Channel `data` carries an archive of `docker save` to the node. Answer: {@link ImageFacts}. */
  | { readonly kind: 'loadImage'; readonly reference: string }
  /** The answer is an archive of `docker save`, without the contents of the lowest `skipLayers` layers. */
  | { readonly kind: 'saveImage'; readonly reference: string; readonly skipLayers: number }
  /** Makes an image of the files of a running container. Answer: {@link ImageFacts}. */
  | {
      readonly kind: 'commitContainer';
      readonly pod: PodReference;
      readonly container: string;
      readonly reference: string;
    }
  /** The answer is a tar archive of what a volume of the node's own making holds. */
  | { readonly kind: 'readVolume'; readonly volume: string }
  /** Channel `data` carries such an archive to an empty volume. Answer: {@link VolumeDataAnswer}. */
  | { readonly kind: 'writeVolume'; readonly volume: string };

export interface VolumeDataAnswer {
  readonly files: number;
  readonly bytes: number;
}

export interface ImageLayersAnswer {
  readonly engineId: string;
  /** The reference names this very image there. */
  readonly isPresent: boolean;
  /** How many of the layers, from the lowest on, need not be sent. */
  readonly sharedLayers: number;
}

/** An image as an engine has it. */
export interface ImageFacts {
  readonly engineId: string;
  readonly reference: string;
  readonly imageId: string;
  /** Digests of the unpacked layers, the lowest first. */
  readonly layers: readonly string[];
  readonly sizeBytes: number;
}

/** Where the controller offers transfers, for admins. `NODE`, `NAMESPACE` and `POD` stand for names. */
export const transferPaths = {
  /** `POST {reference, imageId, layers}`. */
  imageLayers: (node: string) => `/gantry/v1/nodes/${encodeURIComponent(node)}/image-layers`,
  /** An upload (see core's `upload-frames.ts`) of an archive. */
  loadImage: (node: string, reference: string) =>
    `/gantry/v1/nodes/${encodeURIComponent(node)}/images?${new URLSearchParams({ reference })}`,
  /** `GET`: an archive. */
  saveImage: (node: string, reference: string, skipLayers: number) =>
    `/gantry/v1/nodes/${encodeURIComponent(node)}/images?${new URLSearchParams({ reference, skipLayers: String(skipLayers) })}`,
  /** `GET`: an archive of the volume's files; an upload of one to an empty volume. */
  volumeData: (volume: string) => `/gantry/v1/persistentvolumes/${encodeURIComponent(volume)}/data`,
  /** `POST {image, container?}`; answers {@link ImageFacts} and the node. */
  snapshot: (namespace: string, pod: string) =>
    `/gantry/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/snapshot`,
} as const;
