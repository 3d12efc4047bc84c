import type { FeedNode, FeedService } from '@gantry/api-types/feed';
import { isNodeReady } from '../state/pod-state.ts';

/** How many endpoints of a Service were ready, from `at` (server time, milliseconds since the epoch) on. */
export interface ReadyStep {
  readonly at: number;
  readonly ready: number;
}

/** A node that was lost while the page looked on, until some minutes after it is back. */
export interface Loss {
  readonly node: string;
  readonly lostAt: number;
  readonly backAt?: number;
  /** Pods that went from it, as counted when it came back. */
  readonly evicted?: number;
}

/** Changes remembered of each Service: some minutes of the busiest rollout. */
const mostSteps = 240;
/** A node that is back is still told of for so long, milliseconds. */
const toldMs = 10 * 60_000;

/** What became of lost nodes and of the Services whose endpoints they held, as the feed brought it. */
export class LossBook {
  readonly #losses = new Map<string, Loss>();
  readonly #steps = new Map<string, ReadyStep[]>();

  /** Lost nodes and those lately back, the latest loss first. */
  losses(now: number): Loss[] {
    return [...this.#losses.values()]
      .filter(({ backAt }) => backAt === undefined || now - backAt < toldMs)
      .sort((a, b) => b.lostAt - a.lostAt);
  }

  /** The operator has read it. */
  forget(node: string): void {
    this.#losses.delete(node);
  }

  /** Call with every state of a node. `evicted` says how many of its pods are gone from it so far. */
  nodeChanged(node: FeedNode, at: number, evicted: number): void {
    const loss = this.#losses.get(node.key);
    if (!isNodeReady(node)) {
      const since = Date.parse(node.conditions.find(({ type }) => type === 'Ready')?.since ?? '');
      // A node that has not reported yet is not one that was lost.
      if (!loss?.backAt && loss) return;
      if (node.conditions.some(({ type }) => type === 'Ready'))
        this.#losses.set(node.key, { node: node.key, lostAt: Number.isNaN(since) ? at : since });
    } else if (loss && loss.backAt === undefined) {
      this.#losses.set(node.key, { ...loss, backAt: at, evicted });
    }
  }

  nodeGone(name: string): void {
    this.#losses.delete(name);
  }

  serviceChanged(service: FeedService, at: number): void {
    if (!service.endpoints) return;
    const steps = this.#steps.get(service.key) ?? [];
    const { ready } = service.endpoints;
    if (steps.at(-1)?.ready === ready) return;
    steps.push({ at, ready });
    if (steps.length > mostSteps) steps.shift();
    this.#steps.set(service.key, steps);
  }

  serviceGone(key: string): void {
    this.#steps.delete(key);
  }

  /** How many endpoints of the Service were ready since `from`, starting with what was so then. */
  stepsOf(service: string, from = 0): ReadyStep[] {
    const steps = this.#steps.get(service) ?? [];
    const first = steps.findLastIndex(({ at }) => at <= from);
    return steps.slice(Math.max(0, first));
  }
}

/** A fall in the ready endpoints of a Service. */
export interface Dip {
  readonly before: number;
  readonly least: number;
  readonly now: number;
  /** How long fewer than before were ready, milliseconds; until now where they still are. */
  readonly ms: number;
}

/** The fall since `from`, if there was one. */
export function dipOf(steps: readonly ReadyStep[], now: number): Dip | undefined {
  const [first, ...later] = steps;
  if (!first || later.length === 0) return undefined;
  const least = later.reduce((fewest, { ready }) => Math.min(fewest, ready), first.ready);
  if (least >= first.ready) return undefined;
  let ms = 0;
  later.forEach(({ at, ready }, index) => {
    if (ready < first.ready) ms += (later[index + 1]?.at ?? now) - at;
  });
  return { before: first.ready, least, now: later.at(-1)?.ready ?? first.ready, ms };
}
