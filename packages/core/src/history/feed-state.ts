import type {
  FeedChanges,
  FeedCluster,
  FeedFrame,
  FeedKind,
  FeedObjects,
  FeedSnapshot,
  NodeUsage,
} from '@gantry/api-types';

/** The objects that a feed has shown, by kind and key. */
export type FeedView = { readonly [K in FeedKind]: ReadonlyMap<string, FeedObjects[K][number]> };

type FeedMaps = { readonly [K in FeedKind]: Map<string, FeedObjects[K][number]> };

/** Events held, as many as a page holds; the oldest go. */
const mostEvents = 1000;

/** What the frames of a feed add up to: apply them in order, from a snapshot on. */
export class FeedState {
  readonly objects: FeedView;
  readonly #maps: FeedMaps = emptyMaps();
  readonly #usage = new Map<string, NodeUsage>();
  #heartbeats: Readonly<Record<string, number>> = {};
  #cluster: FeedCluster | undefined;
  #epoch = '';
  #revision = 0;

  constructor() {
    this.objects = this.#maps;
  }

  apply(frame: FeedFrame): void {
    if (frame.type === 'snapshot') this.#replace(frame);
    else if (frame.type === 'tick') this.#noteLiveness(frame.heartbeats, frame.usage ?? {});
    else if (frame.type === 'resumed') this.#cluster = frame.cluster;
    else {
      this.#revision = frame.revision;
      for (const kind of kindsOf(frame.changes)) this.#change(kind, frame.changes[kind] ?? {});
    }
  }

  /** All of it as one frame; undefined before the first snapshot. Usage is of nodes that are still there. */
  snapshot(at: number): FeedSnapshot | undefined {
    if (!this.#cluster) return undefined;
    const lists = Object.fromEntries(kindsOf(this.#maps).map((kind) => [kind, [...this.#maps[kind].values()]]));
    return {
      type: 'snapshot',
      epoch: this.#epoch,
      revision: this.#revision,
      at,
      cluster: this.#cluster,
      // Each map holds objects of its own kind.
      ...(lists as unknown as FeedObjects),
      usage: Object.fromEntries([...this.#usage].filter(([node]) => this.#maps.nodes.has(node))),
      heartbeats: this.#heartbeats,
    };
  }

  #replace(frame: FeedSnapshot): void {
    this.#epoch = frame.epoch;
    this.#revision = frame.revision;
    this.#cluster = frame.cluster;
    for (const kind of kindsOf(this.#maps)) {
      this.#maps[kind].clear();
      this.#change(kind, { set: frame[kind] });
    }
    this.#usage.clear();
    this.#noteLiveness(frame.heartbeats, frame.usage);
  }

  #noteLiveness(heartbeats: Readonly<Record<string, number>>, usage: Readonly<Record<string, NodeUsage>>): void {
    this.#heartbeats = heartbeats;
    for (const [node, sample] of Object.entries(usage)) this.#usage.set(node, sample);
  }

  #change(kind: FeedKind, changes: FeedChanges<FeedObjects[FeedKind][number]>): void {
    const held: Map<string, FeedObjects[FeedKind][number]> = this.#maps[kind];
    for (const key of changes.gone ?? []) {
      held.delete(key);
      if (kind === 'nodes') this.#usage.delete(key);
    }
    for (const object of changes.set ?? []) {
      // Re-inserted, so that events stay in the order of their last occurrence.
      if (kind === 'events') held.delete(object.key);
      held.set(object.key, object);
    }
    if (kind !== 'events') return;
    for (const key of held.keys()) {
      if (held.size <= mostEvents) break;
      held.delete(key);
    }
  }
}

function emptyMaps(): FeedMaps {
  return { nodes: new Map(), pods: new Map(), workloads: new Map(), services: new Map(), events: new Map() };
}

function kindsOf(byKind: { readonly [K in FeedKind]?: unknown }): FeedKind[] {
  return Object.keys(byKind) as FeedKind[];
}
