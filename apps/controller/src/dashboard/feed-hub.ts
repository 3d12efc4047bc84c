import {
  type FeedDelta,
  type FeedFrame,
  type FeedRole,
  type FeedSnapshot,
  feedCloseCodes,
  type NodeUsage,
} from '@gantry/api-types';
import type { Clock, InformerSource, Logger } from '@gantry/core';
import { FeedObjectReader } from './feed-objects.ts';
import { FrameLog } from './frame-log.ts';
import type { ClusterFacts, UsageSource } from './sources.ts';

/** Changes are collected this long, milliseconds, before they go out as one frame. */
const coalesceMs = 75;
/** After an expensive frame the pause is this many times its cost, so that the feed never takes more than a fifth of the process. */
const pausePerCost = 4;
const tickMs = 1_000;
/** Unsent bytes after which a client is given up; a snapshot of a large cluster fits twice. */
const maxBufferedBytes = 16 * 1024 * 1024;
/** How long frames are still collected after the last client left, milliseconds: it may come back and resume. */
const lingerMs = 60_000;

/** One connected page. */
export interface FeedClient {
  readonly role: FeedRole;
  readonly bufferedBytes: number;
  send(text: string): void;
  close(code: number, reason: string): void;
}

export interface FeedHubOptions {
  readonly objects: InformerSource & { readonly revision: number };
  readonly usage: UsageSource;
  readonly cluster: ClusterFacts;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Unique to this life of the process. */
  readonly epoch: string;
}

/**
 * Turns the watch cache into frames for any number of pages: each change is trimmed and serialised once, whoever watches.
 * Costs nothing while nobody does. Frames of the last while are kept so that a page that lost its connection resumes.
 */
export class FeedHub {
  readonly #options: FeedHubOptions;
  readonly #clients = new Set<FeedClient>();
  readonly #log = new FrameLog();
  readonly #sentSamples = new Map<string, string>();
  #reader: FeedObjectReader | undefined;
  #cancelFlush: (() => void) | undefined;
  #cancelTick: (() => void) | undefined;
  #cancelLinger: (() => void) | undefined;
  #lastCostMs = 0;

  constructor(options: FeedHubOptions) {
    this.#options = options;
  }

  /** Starts feeding a client, from its last frame where that is possible. The returned function ends it. */
  join(client: FeedClient, last?: { readonly epoch: string; readonly revision: number }): () => void {
    this.#start();
    // Everybody else gets what is pending first, so that the new client's state and later frames meet without a gap.
    this.#flush();
    const missed = last?.epoch === this.#options.epoch ? this.#log.after(last.revision) : undefined;
    if (missed) {
      const { revision } = this.#options.objects;
      client.send(
        this.#text({
          type: 'resumed',
          revision: last?.revision ?? revision,
          at: this.#now,
          cluster: this.#clusterFor(client.role),
        }),
      );
      for (const text of missed) client.send(text);
    } else {
      client.send(this.#text(this.#snapshot(client.role)));
    }
    this.#clients.add(client);
    return () => {
      if (this.#clients.delete(client) && this.#clients.size === 0) this.#linger();
    };
  }

  close(): void {
    for (const client of this.#clients) client.close(feedCloseCodes.shuttingDown, 'the controller stops');
    this.#clients.clear();
    this.#stop();
  }

  get #now(): number {
    return this.#options.clock.now();
  }

  #start(): void {
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    if (this.#reader) return;
    const { objects } = this.#options;
    this.#reader = new FeedObjectReader(objects, () => this.#scheduleFlush());
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#log.reset(objects.revision);
    this.#scheduleTick();
  }

  #stop(): void {
    this.#cancelFlush?.();
    this.#cancelTick?.();
    this.#cancelLinger?.();
    this.#cancelFlush = this.#cancelTick = this.#cancelLinger = undefined;
    this.#reader?.stop();
    this.#reader = undefined;
  }

  #linger(): void {
    this.#cancelLinger = this.#options.clock.setTimer(() => this.#stop(), lingerMs);
  }

  #scheduleFlush(): void {
    if (this.#cancelFlush) return;
    const delayMs = Math.max(coalesceMs, this.#lastCostMs * pausePerCost);
    this.#cancelFlush = this.#options.clock.setTimer(() => this.#flush(), delayMs);
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (!this.#reader?.isDirty) return;
    const startedAt = performance.now();
    const { revision } = this.#options.objects;
    const frame: FeedDelta = { type: 'delta', revision, at: this.#now, changes: this.#reader.takeChanges() };
    const text = this.#text(frame);
    this.#log.append(revision, text);
    this.#broadcast(text);
    this.#lastCostMs = performance.now() - startedAt;
  }

  #scheduleTick(): void {
    this.#cancelTick = this.#options.clock.setTimer(() => {
      this.#scheduleTick();
      if (this.#clients.size === 0) return;
      const usage = this.#newSamples();
      this.#broadcast(
        this.#text({ type: 'tick', at: this.#now, heartbeats: this.#heartbeats(), ...(usage ? { usage } : {}) }),
      );
    }, tickMs);
  }

  #broadcast(text: string): void {
    for (const client of this.#clients) {
      if (client.bufferedBytes > maxBufferedBytes) {
        this.#options.logger.warn(
          { bufferedBytes: client.bufferedBytes },
          'dashboard page reads too slowly, closing it',
        );
        client.close(feedCloseCodes.tooSlow, 'reads too slowly');
        this.#clients.delete(client);
      } else {
        client.send(text);
      }
    }
  }

  #snapshot(role: FeedRole): FeedSnapshot {
    const objects = this.#reader?.snapshot() ?? { nodes: [], pods: [], workloads: [], services: [], events: [] };
    return {
      type: 'snapshot',
      epoch: this.#options.epoch,
      revision: this.#options.objects.revision,
      at: this.#now,
      cluster: this.#clusterFor(role),
      ...objects,
      usage: Object.fromEntries(this.#options.usage.latest()),
      heartbeats: this.#heartbeats(),
    };
  }

  #clusterFor(role: FeedRole): FeedSnapshot['cluster'] {
    return { ...this.#options.cluster, role };
  }

  #heartbeats(): Record<string, number> {
    const seen: Record<string, number> = {};
    for (const node of this.#options.objects.informer('nodes').lister.list()) {
      const at = this.#options.usage.lastSeen(node.metadata.name);
      if (at !== undefined) seen[node.metadata.name] = at;
    }
    return seen;
  }

  /** Samples that no tick has carried yet. */
  #newSamples(): Record<string, NodeUsage> | undefined {
    const fresh: Record<string, NodeUsage> = {};
    let hasAny = false;
    for (const [node, sample] of this.#options.usage.latest()) {
      if (this.#sentSamples.get(node) === sample.at) continue;
      this.#sentSamples.set(node, sample.at);
      fresh[node] = sample;
      hasAny = true;
    }
    return hasAny ? fresh : undefined;
  }

  #text(frame: FeedFrame): string {
    return JSON.stringify(frame);
  }
}
