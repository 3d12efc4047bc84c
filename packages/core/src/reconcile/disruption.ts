import { TokenBucket } from '../lib/token-bucket.ts';

/** How many nodes of a zone are ready and how many are not. */
export interface ZoneHealth {
  readonly ready: number;
  readonly notReady: number;
}

export type ZoneState = 'normal' | 'partial' | 'full';

export interface EvictionRates {
  /** Nodes per second whose pods are evicted while most nodes are well. */
  readonly nodesPerSecond: number;
  /** The same while a large share of a large zone is gone. */
  readonly partialNodesPerSecond: number;
  /** Clusters up to this size evict nothing while a large share of a zone is gone. */
  readonly largeClusterNodes: number;
  /** From this share of nodes on that are not ready a zone is partially disrupted. */
  readonly partialShare: number;
}

export const defaultEvictionRates: EvictionRates = {
  nodesPerSecond: 10,
  partialNodesPerSecond: 1,
  largeClusterNodes: 50,
  partialShare: 0.55,
};

/**
 * Kubernetes' disruption modes: one or two lost nodes are ordinary; a large share means that something bigger broke
 * (a switch, our own network), and moving all their pods would make it worse.
 */
export function zoneState(health: ZoneHealth, rates: EvictionRates): ZoneState {
  const { ready, notReady } = health;
  if (ready === 0 && notReady > 0) return 'full';
  if (notReady > 2 && notReady / (ready + notReady) >= rates.partialShare) return 'partial';
  return 'normal';
}

/** Decides whether one more node may have its pods evicted now. */
export class EvictionLimiter {
  readonly #rates: EvictionRates;
  readonly #buckets = new Map<string, { readonly perSecond: number; readonly bucket: TokenBucket }>();

  constructor(rates: EvictionRates) {
    this.#rates = rates;
  }

  mayEvict(zone: string, zones: ReadonlyMap<string, ZoneHealth>, nowMs: number): boolean {
    const perSecond = this.#rateOf(zone, zones);
    if (perSecond <= 0) return false;
    const present = this.#buckets.get(zone);
    if (present?.perSecond === perSecond) return present.bucket.tryTake(nowMs);
    const bucket = new TokenBucket({ burst: Math.max(1, perSecond), perSecond, nowMs });
    this.#buckets.set(zone, { perSecond, bucket });
    return bucket.tryTake(nowMs);
  }

  #rateOf(zone: string, zones: ReadonlyMap<string, ZoneHealth>): number {
    const states = [...zones.values()].map((health) => zoneState(health, this.#rates));
    // With every zone gone it is more likely that we are cut off ourselves.
    if (states.length > 0 && states.every((state) => state === 'full')) return 0;
    const health = zones.get(zone) ?? { ready: 0, notReady: 0 };
    if (zoneState(health, this.#rates) !== 'partial') return this.#rates.nodesPerSecond;
    const nodes = health.ready + health.notReady;
    return nodes > this.#rates.largeClusterNodes ? this.#rates.partialNodesPerSecond : 0;
  }
}
