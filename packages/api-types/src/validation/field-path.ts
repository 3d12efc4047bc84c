/**
 * Where a field is, as Kubernetes writes it (`spec.containers[0].resources.limits[cpu]`). Making one costs next to
 * nothing: the text is put together only when an error needs it.
 */
export class FieldPath {
  readonly #parent: FieldPath | undefined;
  readonly #segment: string | number;
  readonly #isKey: boolean;

  private constructor(parent: FieldPath | undefined, segment: string | number, isKey: boolean) {
    this.#parent = parent;
    this.#segment = segment;
    this.#isKey = isKey;
  }

  /** A path of one field. */
  static of(name: string): FieldPath {
    return new FieldPath(undefined, name, false);
  }

  /** The field `name` of this one. */
  child(name: string): FieldPath {
    return new FieldPath(this, name, false);
  }

  /** An item of this list. */
  index(index: number): FieldPath {
    return new FieldPath(this, index, true);
  }

  /** An entry of this map. */
  key(key: string): FieldPath {
    return new FieldPath(this, key, true);
  }

  toString(): string {
    const own = this.#isKey ? `[${this.#segment}]` : String(this.#segment);
    if (!this.#parent) return own;
    return this.#isKey ? `${this.#parent}${own}` : `${this.#parent}.${own}`;
  }
}
