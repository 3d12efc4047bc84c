import { setTimeout as pause } from 'node:timers/promises';
import type { HttpClient, WatchEvent } from '../testbed/http-client.ts';

interface Seen {
  readonly name: string;
  readonly resourceVersion: number;
}

interface WatchedEvent {
  readonly type: string;
  readonly object?: { metadata: { name: string; resourceVersion: string } };
}

/**
 * Watches a collection as an informer does: lists once, then watches on from the last resourceVersion that it saw,
 * however often the connection ends. It never lists again: what a restart made it miss would be missing here.
 */
export class WatchFollower {
  readonly #client: HttpClient;
  readonly #path: string;
  readonly #seen: Seen[] = [];
  readonly #present = new Map<string, number>();
  readonly #stop = new AbortController();
  #resourceVersion = 0;
  #connections = 0;
  #problem = '';
  #done: Promise<void> = Promise.resolve();

  constructor(client: HttpClient, path: string) {
    this.#client = client;
    this.#path = path;
  }

  /** How often the watch went on where it had been cut off. */
  get resumes(): number {
    return Math.max(0, this.#connections - 1);
  }

  async start(): Promise<void> {
    const list = await this.#client.json<{
      metadata: { resourceVersion: string };
      items: { metadata: { name: string; resourceVersion: string } }[];
    }>(this.#path);
    this.#resourceVersion = Number(list.metadata.resourceVersion);
    for (const { metadata } of list.items) this.#present.set(metadata.name, Number(metadata.resourceVersion));
    this.#done = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  /** Whether the watch has come to where the collection is now, with the same objects. Throws where it went wrong. */
  async hasCaughtUp(): Promise<boolean> {
    if (this.#problem !== '') throw new Error(this.#problem);
    const { items } = await this.#client.json<{ items: { metadata: { name: string; resourceVersion: string } }[] }>(
      this.#path,
    );
    return (
      items.length === this.#present.size &&
      items.every(({ metadata }) => this.#present.get(metadata.name) === Number(metadata.resourceVersion))
    );
  }

  /** Throws where one of these writes never came by. */
  checkSeen(writes: readonly Seen[]): void {
    const seen = new Set(this.#seen.map(({ name, resourceVersion }) => `${name} ${resourceVersion}`));
    const missed = writes.filter(({ name, resourceVersion }) => !seen.has(`${name} ${resourceVersion}`));
    if (missed.length > 0)
      throw new Error(
        `the watch missed ${missed.length} of ${writes.length} writes, first ${JSON.stringify(missed[0])}`,
      );
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted && this.#problem === '') {
      const { promise, resolve } = Promise.withResolvers<void>();
      let isAnswered = false;
      const end = this.#client.watch(
        `${this.#path}?watch=true&resourceVersion=${this.#resourceVersion}`,
        (event) => {
          // A connection counts once something came over it: most attempts meet a controller that is away.
          if (!isAnswered) this.#connections += 1;
          isAnswered = true;
          this.#onEvent(event as WatchEvent & WatchedEvent);
        },
        resolve,
      );
      signal.addEventListener('abort', end, { once: true });
      await promise;
      signal.removeEventListener('abort', end);
      await pause(50);
    }
  }

  #onEvent({ type, object }: WatchedEvent): void {
    // A Status: the controller is starting, and is asked again.
    if (object === undefined) return;
    if (type === 'ERROR') {
      this.#problem ||= `the watch from ${this.#resourceVersion} was answered ${JSON.stringify(object)}`;
      return;
    }
    const { name, resourceVersion: text } = object.metadata;
    const resourceVersion = Number(text);
    if (resourceVersion <= this.#resourceVersion)
      this.#problem ||= `the watch went from ${this.#resourceVersion} back to ${resourceVersion} (${name})`;
    this.#resourceVersion = resourceVersion;
    if (type === 'DELETED') this.#present.delete(name);
    else this.#present.set(name, resourceVersion);
    this.#seen.push({ name, resourceVersion });
  }
}
