/** Something to be written, of a kind that may be dropped when too much waits. */
export interface BacklogItem {
  readonly key: string;
  readonly type: 'Normal' | 'Warning';
}

/** Waiting events, first in first out, bounded: when full the oldest Normal one goes, the oldest Warning where there is none. */
export class EventBacklog<T extends BacklogItem> {
  readonly #limit: number;
  readonly #items = { Normal: new Map<string, T>(), Warning: new Map<string, T>() };

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#items.Normal.size + this.#items.Warning.size;
  }

  get(key: string): T | undefined {
    return this.#items.Normal.get(key) ?? this.#items.Warning.get(key);
  }

  /** Returns what had to be dropped. */
  push(item: T): T | undefined {
    this.#items[item.type].set(item.key, item);
    return this.size > this.#limit ? (takeFirst(this.#items.Normal) ?? takeFirst(this.#items.Warning)) : undefined;
  }

  /** The next one to write: Warnings before Normals, each in their order. */
  shift(): T | undefined {
    return takeFirst(this.#items.Warning) ?? takeFirst(this.#items.Normal);
  }

  clear(): void {
    this.#items.Normal.clear();
    this.#items.Warning.clear();
  }
}

function takeFirst<T>(map: Map<string, T>): T | undefined {
  const first = map.entries().next();
  if (first.done) return undefined;
  const [key, value] = first.value;
  map.delete(key);
  return value;
}
