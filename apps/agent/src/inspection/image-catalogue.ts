import type { ContainerRuntime, ImageDetails } from '../runtime/container-runtime.ts';
import { type LayeredImage, sizeLayers } from './image-layers.ts';

export const maxImages = 200;
const parallelInspections = 4;

/** The images of the engine with their layers. What an id stands for never changes: its layers are asked for once. */
export class ImageCatalogue {
  readonly #runtime: Pick<ContainerRuntime, 'listImages' | 'imageHistory'>;
  #layers = new Map<string, LayeredImage['layers']>();

  constructor(runtime: Pick<ContainerRuntime, 'listImages' | 'imageHistory'>) {
    this.#runtime = runtime;
  }

  /** The largest {@link maxImages}, those in `wanted` (ids) before any other. `count` is that of all. */
  async read(wanted: ReadonlySet<string>): Promise<{ readonly images: LayeredImage[]; readonly count: number }> {
    const all = await this.#runtime.listImages();
    const ranked = all.toSorted(
      (a, b) => Number(wanted.has(b.id)) - Number(wanted.has(a.id)) || b.sizeBytes - a.sizeBytes,
    );
    const waiting = ranked.slice(0, maxImages);
    const images: LayeredImage[] = [];
    const known = new Map<string, LayeredImage['layers']>();
    while (waiting.length > 0) {
      const some = await Promise.all(waiting.splice(0, parallelInspections).map((image) => this.#withLayers(image)));
      for (const image of some) {
        images.push(image);
        known.set(image.id, image.layers);
      }
    }
    // Images that are gone are forgotten.
    this.#layers = known;
    return { images, count: all.length };
  }

  async #withLayers({ id, tags, digests, sizeBytes }: ImageDetails): Promise<LayeredImage> {
    const names = tags.length > 0 ? tags : digests;
    const known = this.#layers.get(id);
    if (known) return { id, names, sizeBytes, layers: known };
    const history = await this.#runtime.imageHistory(id);
    // Undefined: it was removed meanwhile.
    return { id, names, sizeBytes, layers: history ? sizeLayers(history) : [] };
  }
}
