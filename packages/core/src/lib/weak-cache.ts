/**
 * Objects by key for as long as somebody else holds them: equal things share one object, and what nobody uses any more
 * costs nothing. Which of two equal objects is found may thus depend on when the memory was cleared, and nothing else.
 */
export class WeakCache<V extends object> {
  readonly #references = new Map<string, WeakRef<V>>();
  readonly #registry = new FinalizationRegistry<string>((key) => {
    // By now there may be another one under the key.
    if (this.#references.get(key)?.deref() === undefined) this.#references.delete(key);
  });

  /** How many are known, those among them whose memory was cleared a moment ago. */
  get size(): number {
    return this.#references.size;
  }

  /** The one that is known, or a new one. */
  get(key: string, make: () => V): V {
    const known = this.#references.get(key)?.deref();
    if (known) return known;
    const made = make();
    this.#references.set(key, new WeakRef(made));
    this.#registry.register(made, key);
    return made;
  }
}
