import type { Clock, Logger } from '@gantry/core';
import { nextPressureState, type PressureState, pressureConditions } from '@gantry/core/eviction/pressure-state';
import { evictionMessage, type PodConsumption, rankForEviction } from '@gantry/core/eviction/rank-pods';
import {
  type EvictionSignal,
  type MetThreshold,
  metThresholds,
  type Observations,
  type PressureCondition,
  signalFacts,
  type Threshold,
} from '@gantry/core/eviction/signals';
import { messageOf } from '../runtime/container-runtime.ts';

export interface EvictionManagerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs: number;
  /** How long a condition stays after its pressure is gone. */
  readonly transitionMs: number;
  readonly thresholds: readonly Threshold[];
  readonly observe: () => Promise<Observations>;
  /** What pods that run use of what a signal is about; undefined where that cannot be told pod by pod. */
  readonly consumption: (signal: EvictionSignal) => Promise<readonly PodConsumption[] | undefined>;
  /** Whether a pod that was evicted a short time ago is still going. */
  readonly isPodLeaving: () => boolean;
  /** Removes images that nothing uses. */
  readonly freeImages: () => Promise<void>;
  readonly evict: (podUid: string, message: string) => void;
  readonly onConditions: () => void;
  /** Tells a Warning of the node. */
  readonly event: (reason: string, message: string) => void;
}

/**
 * Looks after the node's memory, disks and processes, as the kubelet does: reports what is short, and evicts one pod
 * at a time until nothing is. Images that nothing uses go before pods where a disk is full.
 */
export class EvictionManager {
  readonly #options: EvictionManagerOptions;
  #state: PressureState = new Map();
  #cancelTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;
  #hasFailed = false;

  constructor(options: EvictionManagerOptions) {
    this.#options = options;
  }

  /** Begins with a first look, so that a node never reports itself well without having looked. */
  async start(): Promise<void> {
    await this.#round();
    this.#wait();
  }

  /** Resolves once nothing is under way any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  get pressures(): readonly PressureCondition[] {
    return [...this.#state.keys()];
  }

  get conditions(): ReturnType<typeof pressureConditions> {
    return pressureConditions(this.#state);
  }

  #wait(): void {
    if (this.#isStopped) return;
    const { clock, everyMs } = this.#options;
    this.#cancelTimer = clock.setTimer(() => {
      this.#running = this.#round().finally(() => this.#wait());
    }, everyMs);
  }

  async #round(): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.#check();
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) logger.warn({ err: messageOf(error) }, 'pressure on the node cannot be measured');
      this.#hasFailed = true;
    }
  }

  async #check(): Promise<void> {
    const met = await this.#look();
    this.#note(met);
    const [first] = met;
    if (!first || this.#isStopped || this.#options.isPodLeaving()) return;
    if (signalFacts[first.signal].condition !== 'DiskPressure') return this.#evictOne(first);
    await this.#options.freeImages();
    const [left] = await this.#look();
    if (left && !this.#isStopped) await this.#evictOne(left);
  }

  async #look(): Promise<readonly MetThreshold[]> {
    return metThresholds(await this.#options.observe(), this.#options.thresholds);
  }

  #note(met: readonly MetThreshold[]): void {
    const { clock, transitionMs, event, logger, onConditions } = this.#options;
    const before = this.#state;
    this.#state = nextPressureState(before, met, { now: clock.now(), transitionMs });
    const fresh = met.filter(({ signal }) => !before.has(signalFacts[signal].condition));
    for (const resource of new Set(fresh.map(({ signal }) => signalFacts[signal].resource))) {
      logger.warn({ met: fresh, resource }, 'the node is under pressure');
      event('EvictionThresholdMet', `Attempting to reclaim ${resource}`);
    }
    if (fresh.length > 0 || before.size !== this.#state.size) onConditions();
  }

  async #evictOne(met: MetThreshold): Promise<void> {
    const { consumption, evict, logger } = this.#options;
    const pods = await consumption(met.signal);
    const [victim] = rankForEviction(pods ?? [], met);
    if (!victim) return logger.warn({ met }, 'the node is under pressure and has no pod to evict for it');
    const message = evictionMessage(victim, met);
    logger.warn({ pod: victim.pod.metadata.name, podUid: victim.pod.metadata.uid, message }, 'evicting a pod');
    evict(victim.pod.metadata.uid, message);
  }
}
