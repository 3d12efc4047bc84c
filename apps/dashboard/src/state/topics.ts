/**
 * Change notification by topic (`node:node-1`, `pending`, …): a component re-renders only when a topic it reads changed.
 * Versions are what `useSyncExternalStore` compares, so objects may be mutated in place behind them.
 */
export class Topics {
  readonly #versions = new Map<string, number>();
  readonly #listeners = new Map<string, Set<() => void>>();

  version(topic: string): number {
    return this.#versions.get(topic) ?? 0;
  }

  subscribe(topic: string, listener: () => void): () => void {
    const set = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#listeners.get(topic) === set) this.#listeners.delete(topic);
    };
  }

  /** Bumps every topic first and calls listeners after, so that no listener sees half an update. */
  publish(topics: Iterable<string>): void {
    const due = new Set<() => void>();
    for (const topic of topics) {
      this.#versions.set(topic, this.version(topic) + 1);
      for (const listener of this.#listeners.get(topic) ?? []) due.add(listener);
    }
    for (const listener of due) listener();
  }
}
