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
const noServices: ReadonlySet<string> = new Set();
/** A node that is back is still told of for so long, milliseconds. */
const toldMs = 10 * 60_000;

/** What became of lost nodes and of the Services whose endpoints they held, as the feed brought it. */
export class LossBook {
  readonly #losses = new Map<string, Loss>();
  readonly #steps = new Map<string, ReadyStep[]>();
  readonly #services = new Map<string, Set<string>>();

  /** Lost nodes and those lately back, the latest loss first. */
  losses(now: number): Loss[] {
    return [...this.#losses.values()]
      .filter(({ backAt }) => backAt === undefined || now - backAt < toldMs)
      .sort((a, b) => b.lostAt - a.lostAt);
  }

  /** The operator has read it. */
  forget(node: string): void {
    this.#losses.delete(node);
    this.#services.delete(node);
  }

  /** `namespace/name` of the Services that had ready endpoints on the node when it was lost, or lost pods with it. */
  servicesOn(node: string): ReadonlySet<string> {
    return this.#services.get(node) ?? noServices;
  }

  /** Call with the Services behind which the pods of a lost node were. */
  noteServices(node: string, services: Iterable<string>): void {
    const noted = this.#services.get(node) ?? new Set();
    for (const service of services) noted.add(service);
    this.#services.set(node, noted);
  }

  /** Call with every state of a node. `evicted` says how many of its pods are gone from it so far; true: it is lost anew. */
  nodeChanged(node: FeedNode, at: number, evicted: number): boolean {
    const loss = this.#losses.get(node.key);
    if (!isNodeReady(node)) {
      const since = Date.parse(node.conditions.find(({ type }) => type === 'Ready')?.since ?? '');
      // A node that has not reported yet is not one that was lost.
      if (!loss?.backAt && loss) return false;
      if (!node.conditions.some(({ type }) => type === 'Ready')) return false;
      this.#losses.set(node.key, { node: node.key, lostAt: Number.isNaN(since) ? at : since });
      this.#services.delete(node.key);
      return true;
    }
    if (loss && loss.backAt === undefined) this.#losses.set(node.key, { ...loss, backAt: at, evicted });
    return false;
  }

  nodeGone(name: string): void {
    this.forget(name);
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
  /** At its end, or now where it goes on. */
  readonly now: number;
  /** How long fewer than before were ready, milliseconds. */
  readonly ms: number;
  /** When as many were ready as before, or now. */
  readonly until: number;
}

/** The first fall below what the steps begin with, until as many are ready again; undefined where there is none. */
export function dipOf(steps: readonly ReadyStep[], now: number): Dip | undefined {
  const [first, ...later] = steps;
  if (!first) return undefined;
  const before = first.ready;
  const start = later.findIndex(({ ready }) => ready < before);
  const fallen = later[start];
  if (!fallen) return undefined;
  const length = later.slice(start).findIndex(({ ready }) => ready >= before);
  const during = length < 0 ? later.slice(start) : later.slice(start, start + length);
  const end = length < 0 ? undefined : later[start + length];
  const until = end?.at ?? now;
  const least = during.reduce((fewest, { ready }) => Math.min(fewest, ready), before);
  return { before, least, now: (end ?? during.at(-1) ?? first).ready, ms: until - fallen.at, until };
}
