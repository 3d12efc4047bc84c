import {
  type FeedDelta,
  type FeedFrame,
  type FeedRole,
  type FeedSnapshot,
  type FeedTick,
  feedCloseCodes,
  type NodeUsage,
} from '@gantry/api-types';
import type { Clock, InformerSource, Logger } from '@gantry/core';
import type { FeedHistory } from '@gantry/core/history/feed-history';
import { FeedObjectReader } from './feed-objects.ts';
import { FrameLog } from './frame-log.ts';
import type { ClusterFacts, UsageSource } from './sources.ts';

/** Changes are collected this long, milliseconds, before they go out as one frame. */
const coalesceMs = 75;
/** After an expensive frame the pause is this many times its cost, so that the feed never takes more than a fifth of the process. */
const pausePerCost = 4;
const tickMs = 1_000;
/** While no page is open changes are only recorded: rarely, and for a small part of the process. */
const recordMs = 1_000;
const recordPausePerCost = 30;
/** Heartbeats go into the history every so many ticks, of very many nodes less often; usage always that rarely. */
const recordTicks = { heartbeats: 2, usage: 10 } as const;
const manyNodes = 100;
/** Unsent bytes after which a client is given up; a snapshot of a large cluster fits twice. */
const maxBufferedBytes = 16 * 1024 * 1024;

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
  /** Gets every frame, whether or not a page is open. */
  readonly history: FeedHistory;
}

/**
 * Turns the watch cache into frames for the history and for any number of pages: each change is trimmed and serialised
 * once, whoever watches. Frames of the last while are kept so that a page that lost its connection resumes.
 */
export class FeedHub {
  readonly #options: FeedHubOptions;
  readonly #clients = new Set<FeedClient>();
  readonly #log = new FrameLog();
  readonly #sentSamples = new Map<string, string>();
  readonly #recordedSamples = new Map<string, string>();
  #reader: FeedObjectReader | undefined;
  #cancelFlush: (() => void) | undefined;
  #cancelTick: (() => void) | undefined;
  #lastCostMs = 0;
  #ticks = 0;

  constructor(options: FeedHubOptions) {
    this.#options = options;
  }

  /** Begins to read and to record; call once, before clients join. */
  start(): void {
    const { objects, history } = this.#options;
    this.#reader = new FeedObjectReader(objects, () => this.#scheduleFlush());
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#log.reset(objects.revision);
    history.start(this.#snapshot('read-only'));
    this.#scheduleTick();
  }

  /** Starts feeding a client, from its last frame where that is possible. The returned function ends it. */
  join(client: FeedClient, last?: { readonly epoch: string; readonly revision: number }): () => void {
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
    return () => void this.#clients.delete(client);
  }

  close(): void {
    for (const client of this.#clients) client.close(feedCloseCodes.shuttingDown, 'the controller stops');
    this.#clients.clear();
    this.#stop();
  }

  get #now(): number {
    return this.#options.clock.now();
  }

  #stop(): void {
    this.#cancelFlush?.();
    this.#cancelTick?.();
    this.#cancelFlush = this.#cancelTick = undefined;
    this.#reader?.stop();
    this.#reader = undefined;
  }

  #scheduleFlush(): void {
    if (this.#cancelFlush) return;
    const isWatched = this.#clients.size > 0;
    const delayMs = isWatched
      ? Math.max(coalesceMs, this.#lastCostMs * pausePerCost)
      : Math.max(recordMs, this.#lastCostMs * recordPausePerCost);
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
    this.#options.history.append(frame, text);
    this.#broadcast(text);
    this.#lastCostMs = performance.now() - startedAt;
  }

  #scheduleTick(): void {
    this.#cancelTick = this.#options.clock.setTimer(() => {
      this.#scheduleTick();
      this.#ticks++;
      this.#recordTick();
      if (this.#clients.size === 0) return;
      const usage = this.#newSamples(this.#sentSamples);
      this.#broadcast(
        this.#text({ type: 'tick', at: this.#now, heartbeats: this.#heartbeats(), ...(usage ? { usage } : {}) }),
      );
    }, tickMs);
  }

  #recordTick(): void {
    const nodeCount = this.#options.objects.informer('nodes').lister.size;
    const every = nodeCount > manyNodes ? recordTicks.usage : recordTicks.heartbeats;
    if (this.#ticks % every !== 0) return;
    const heartbeats = this.#heartbeats();
    const usage = this.#ticks % recordTicks.usage === 0 ? this.#newSamples(this.#recordedSamples) : undefined;
    if (!usage && Object.keys(heartbeats).length === 0) return;
    const tick: FeedTick = { type: 'tick', at: this.#now, heartbeats, ...(usage ? { usage } : {}) };
    this.#options.history.append(tick, this.#text(tick));
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

  /** Samples that are not the ones in `known`, which gets them. */
  #newSamples(known: Map<string, string>): Record<string, NodeUsage> | undefined {
    const fresh: Record<string, NodeUsage> = {};
    let hasAny = false;
    const latest = this.#options.usage.latest();
    if (known.size > latest.size) for (const node of known.keys()) if (!latest.has(node)) known.delete(node);
    for (const [node, sample] of latest) {
      if (known.get(node) === sample.at) continue;
      known.set(node, sample.at);
      fresh[node] = sample;
      hasAny = true;
    }
    return hasAny ? fresh : undefined;
  }

  #text(frame: FeedFrame): string {
    return JSON.stringify(frame);
  }
}
