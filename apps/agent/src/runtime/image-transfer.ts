import type { Readable } from 'node:stream';

/** Images as archives. The promises of `ContainerRuntime` hold here too. */
export interface ImageTransferRuntime {
  engineId(): Promise<string>;
  /** Digests of the unpacked layers, the lowest first; undefined where there is no such image. */
  imageLayers(reference: string): Promise<LayeredImage | undefined>;
  /** Of all images on the engine, those without a name included. */
  allImageLayers(): Promise<readonly (readonly string[])[]>;
  /** The archive of `docker save`. Destroying the stream ends it. */
  saveImage(reference: string, signal: AbortSignal): Promise<Readable>;
  /** Reads an archive to its end. Layers that the engine has may be missing in it. Fails with `refused`. */
  loadImage(archive: Readable, signal: AbortSignal): Promise<void>;
  /** Makes an image of a container's files; the container pauses meanwhile. */
  commitContainer(id: string, reference: string): Promise<void>;
}

export interface LayeredImage {
  /** `sha256:…` */
  readonly id: string;
  readonly layers: readonly string[];
  readonly sizeBytes: number;
}
