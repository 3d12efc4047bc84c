import type { WatchStream } from './watch-stream.ts';

/** All watches that are open, so that a shutdown can end them in order. */
export class ActiveWatches {
  readonly #streams = new Set<WatchStream>();

  get size(): number {
    return this.#streams.size;
  }

  add(stream: WatchStream): void {
    this.#streams.add(stream);
  }

  remove(stream: WatchStream): void {
    this.#streams.delete(stream);
  }

  /** Ends every watch; clients reconnect and go on from their last version. */
  endAll(): void {
    for (const stream of [...this.#streams]) stream.end();
  }
}
