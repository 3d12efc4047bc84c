import type { PullProgress } from './pull-meter.ts';

/** The engine's images; part of `ContainerRuntime`, whose promises hold here too. */
export interface ImageRuntime {
  /** Undefined where the image, or the very digest that the reference names, is not on this machine. */
  inspectImage(reference: string): Promise<ImageDetails | undefined>;
  /** Fails with `registryUnreachable` where nobody answered, `pullRefused` where the registry said no. */
  pullImage(reference: string, options: PullOptions): Promise<void>;
  listImages(): Promise<readonly ImageDetails[]>;
  /** Of what an image is made; undefined where it is not on this machine. */
  imageHistory(reference: string): Promise<ImageHistory | undefined>;
  /** Takes in a `docker save` archive, in memory: for small images. One that is there already stays as it is. */
  loadImage(archive: Buffer): Promise<void>;
  /**
   * Takes a name (tag or digest) off an image, and with its last name the image and the layers that nothing else needs.
   * `conflict` where a container uses it; an image that is not there is done.
   */
  removeImage(reference: string): Promise<void>;
}

export interface ImageDetails {
  /** `sha256:…` */
  readonly id: string;
  readonly tags: readonly string[];
  /** `repository@sha256:…` */
  readonly digests: readonly string[];
  readonly sizeBytes: number;
  /** As in the image's configuration: empty for root. */
  readonly user: string;
}

export interface ImageHistory {
  /** Digests of the unpacked layers, the lowest first. */
  readonly layers: readonly string[];
  /** The steps that made the image, the first one first; those that changed no files have no layer and no size. */
  readonly steps: readonly { readonly createdBy: string; readonly sizeBytes: number }[];
}

export interface RegistryAuth {
  readonly username: string;
  readonly password: string;
  readonly serverAddress: string;
}

export interface PullOptions {
  readonly auth?: RegistryAuth;
  /** Gives up where the engine reports no progress for that long. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal;
  /** Called often: with every message of the engine about a layer. */
  readonly onProgress?: (progress: PullProgress) => void;
}
