/** How many owner hues the style sheet defines (`--hue-0` …): as many as stay apart for colour-blind eyes. */
export const hueCount = 8;

/** Which hue an owner has: stable for the life of the page, and always the least used one for a newcomer. */
export class HueBook {
  readonly #hues = new Map<string, number>();
  readonly #uses = new Array<number>(hueCount).fill(0);

  assign(ownerUid: string): number {
    const known = this.#hues.get(ownerUid);
    if (known !== undefined) return known;
    const hue = this.#uses.indexOf(Math.min(...this.#uses));
    this.#uses[hue] = (this.#uses[hue] ?? 0) + 1;
    this.#hues.set(ownerUid, hue);
    return hue;
  }

  of(ownerUid: string): number {
    return this.#hues.get(ownerUid) ?? 0;
  }
}
