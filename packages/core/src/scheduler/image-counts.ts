/** On how many nodes each image is (normalised names): an image counts for a node's score by the share that holds it. */
export class ImageCounts {
  readonly #nodes: Map<string, number>;

  constructor(source?: ImageCounts) {
    this.#nodes = new Map(source ? source.#nodes : []);
  }

  nodesWith(image: string): number {
    return this.#nodes.get(image) ?? 0;
  }

  /** A node held the images `before` and now holds `after`. False where both are empty. */
  replace(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): boolean {
    for (const image of before.keys()) {
      const count = this.nodesWith(image) - 1;
      if (count > 0) this.#nodes.set(image, count);
      else this.#nodes.delete(image);
    }
    for (const image of after.keys()) this.#nodes.set(image, this.nodesWith(image) + 1);
    return before.size > 0 || after.size > 0;
  }
}
