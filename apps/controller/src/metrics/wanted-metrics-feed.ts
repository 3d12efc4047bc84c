import type { HorizontalPodAutoscaler } from '@gantry/api-types';
import type { WantedMetrics } from '@gantry/api-types/scrape';
import type { Clock, InformerSource } from '@gantry/core';
import { addWanted, metricsWantedBy, toWantedMetrics } from '@gantry/core/metrics/wanted-metrics';

/** Told all that is wanted, whenever that changes. */
export type WantedMetricsSink = (items: readonly WantedMetrics[]) => void;

/** How long a metric is collected for somebody who asked the API for it, milliseconds. */
const askedMs = 5 * 60_000;
/** Metrics that are collected at once because somebody asked; more are refused until others have run out. */
const maxAsked = 100;
/** Changes of autoscalers that come together are told as one. */
const settleMs = 50;

/**
 * Which metrics of pods agents have to collect: those that autoscalers name, and those that readers of
 * `custom.metrics.k8s.io` asked for lately. Nothing is collected for nobody: a node with a hundred annotated pods would
 * spend more on reading their endpoints than on everything else.
 */
export class WantedMetricsFeed {
  readonly #clock: Clock;
  readonly #informers: InformerSource;
  readonly #sinks = new Set<WantedMetricsSink>();
  /** `namespace/metric`, and until when. */
  readonly #asked = new Map<string, number>();
  #current: readonly WantedMetrics[] = [];
  #currentText = '[]';
  #unsubscribe: () => void = () => undefined;
  #cancelUpdate: (() => void) | undefined;
  #cancelExpiry: (() => void) | undefined;
  #isStopped = false;

  constructor(informers: InformerSource, clock: Clock) {
    this.#clock = clock;
    this.#informers = informers;
    void informers.hasSynced.then(() => this.#start());
  }

  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe();
    this.#cancelUpdate?.();
    this.#cancelExpiry?.();
    this.#sinks.clear();
  }

  /** For one agent: told at once where something is wanted. The returned function ends it. */
  subscribe(sink: WantedMetricsSink): () => void {
    this.#sinks.add(sink);
    if (this.#current.length > 0) sink(this.#current);
    return () => this.#sinks.delete(sink);
  }

  /** Somebody asked for a metric of pods: it is collected for some minutes. False where too many are already. */
  ask(namespace: string, metric: string): boolean {
    const key = `${namespace}/${metric}`;
    const isKnown = this.#asked.has(key);
    if (!isKnown && this.#asked.size >= maxAsked) return false;
    this.#asked.set(key, this.#clock.now() + askedMs);
    if (!isKnown) this.#update();
    return true;
  }

  #start(): void {
    if (this.#isStopped) return;
    const informer = this.#informers.informer('horizontalpodautoscalers.autoscaling');
    this.#unsubscribe = informer.onEvent(({ type, object, previous }) => {
      // Autoscalers' statuses change all the time.
      if (type !== 'modified' || !previous || !hasSameMetrics(object, previous)) this.#updateSoon();
    });
    this.#update();
  }

  #updateSoon(): void {
    this.#cancelUpdate ??= this.#clock.setTimer(() => this.#update(), settleMs);
  }

  #update(): void {
    this.#cancelUpdate?.();
    this.#cancelUpdate = undefined;
    if (this.#isStopped) return;
    this.#dropExpired();
    const autoscalers = this.#informers.informer('horizontalpodautoscalers.autoscaling').lister.list();
    const wanted = metricsWantedBy(autoscalers);
    for (const key of this.#asked.keys()) {
      const slash = key.indexOf('/');
      addWanted(wanted, key.slice(0, slash), key.slice(slash + 1));
    }
    const items = toWantedMetrics(wanted);
    const text = JSON.stringify(items);
    if (text === this.#currentText) return;
    this.#current = items;
    this.#currentText = text;
    for (const sink of this.#sinks) sink(items);
  }

  #dropExpired(): void {
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [key, until] of this.#asked) {
      if (until <= now) this.#asked.delete(key);
      else next = Math.min(next, until);
    }
    this.#cancelExpiry?.();
    this.#cancelExpiry = Number.isFinite(next) ? this.#clock.setTimer(() => this.#update(), next - now) : undefined;
  }
}

function hasSameMetrics(a: HorizontalPodAutoscaler, b: HorizontalPodAutoscaler): boolean {
  return a.spec === b.spec || JSON.stringify(a.spec.metrics) === JSON.stringify(b.spec.metrics);
}
