import {
  type HorizontalPodAutoscaler,
  isApiError,
  keyOf,
  type ObjectKey,
  type ResourceName,
  type Scale,
} from '@gantry/api-types';
import type { Informer, InformerEvent } from '@gantry/core';
import { type AutoscalerMemory, emptyMemory } from '@gantry/core/autoscaling/memory';
import type { MetricsReader } from '@gantry/core/autoscaling/metrics-reader';
import { noMetrics } from '@gantry/core/autoscaling/no-metrics';
import { type AutoscalerPlan, type PlannedEvent, planAutoscaler } from '@gantry/core/autoscaling/plan-autoscaler';
import {
  afterFailedGetScale,
  afterFailedRescale,
  afterRescale,
  type RescaleOutcome,
} from '@gantry/core/autoscaling/rescale-outcome';
import { type AutoscalerSettings, defaultAutoscalerSettings } from '@gantry/core/autoscaling/settings';
import { isEqualJson } from '../api/json.ts';
import { DecisionHistory } from '../autoscaling/decision-history.ts';
import { scaleTargetResource } from '../autoscaling/scale-targets.ts';
import { createTargetPods, type FindTargetPods } from '../autoscaling/target-pods.ts';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { messageOf } from './pod-control.ts';

const component = 'horizontal-pod-autoscaler';

type Status = HorizontalPodAutoscaler['status'];

/** All of these have defaults. */
export interface AutoscalingOptions {
  /** Where the numbers come from; without it nothing is measured. */
  readonly metrics?: MetricsReader;
  readonly settings?: AutoscalerSettings;
  /** How often each autoscaler decides, milliseconds: 15,000. */
  readonly syncPeriodMs?: number;
  /** Where decisions are kept for the dashboard. */
  readonly history?: DecisionHistory;
}

/** Sets the replicas of autoscalers' targets, each once a period: numbers change without an event that says so. */
export class HorizontalPodAutoscalerController implements ControllerDefinition {
  readonly name = component;
  readonly workers = 4;
  readonly #services: ControllerServices;
  readonly #metrics: MetricsReader;
  readonly #settings: AutoscalerSettings;
  readonly #syncPeriodMs: number;
  readonly #history: DecisionHistory;
  readonly #autoscalers: Informer<HorizontalPodAutoscaler>;
  readonly #targetPods: FindTargetPods;
  readonly #memories = new Map<ObjectKey, { readonly uid: string; readonly memory: AutoscalerMemory }>();

  constructor(services: ControllerServices, options: AutoscalingOptions = {}) {
    this.#services = services;
    this.#metrics = options.metrics ?? noMetrics;
    this.#settings = options.settings ?? defaultAutoscalerSettings;
    this.#syncPeriodMs = options.syncPeriodMs ?? 15_000;
    this.#history = options.history ?? new DecisionHistory();
    this.#autoscalers = services.informers.informer('horizontalpodautoscalers.autoscaling');
    this.#targetPods = createTargetPods(services.informers);
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#autoscalers.onEvent(({ type, object, previous }: InformerEvent<HorizontalPodAutoscaler>) => {
        // Our own writes of the status are no reason to decide again.
        if (type !== 'modified' || previous?.metadata.generation !== object.metadata.generation) {
          queue.add(keyOf(object));
        }
      }),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const autoscaler = this.#autoscalers.lister.get(key);
    if (!autoscaler) {
      this.#memories.delete(key);
      this.#history.forget(key);
      return undefined;
    }
    const found = await this.#findScale(autoscaler);
    if ('error' in found) {
      const { status, event } = afterFailedGetScale(autoscaler, found.error, this.#now);
      this.#record(autoscaler, event);
      await this.#writeStatus(autoscaler, status);
    } else {
      await this.#decide(autoscaler, found.resource, found.scale);
    }
    return { requeueAfterMs: this.#syncPeriodMs };
  }

  async #findScale(
    autoscaler: HorizontalPodAutoscaler,
  ): Promise<{ readonly resource: ResourceName; readonly scale: Scale } | { readonly error: string }> {
    const resource = scaleTargetResource(autoscaler);
    if (typeof resource !== 'string') return resource;
    try {
      const { namespace = '' } = autoscaler.metadata;
      const scale = await this.#services.client.getScale(resource, namespace, autoscaler.spec.scaleTargetRef.name);
      return { resource, scale };
    } catch (error) {
      if (isApiError(error)) return { error: error.message };
      throw error;
    }
  }

  async #decide(autoscaler: HorizontalPodAutoscaler, resource: ResourceName, scale: Scale): Promise<void> {
    const key = keyOf(autoscaler);
    const known = this.#memories.get(key);
    const plan = planAutoscaler({
      autoscaler,
      scale,
      target: () => this.#targetPods(autoscaler, scale),
      metrics: this.#metrics,
      // One of the same name that was made anew remembers nothing.
      memory: known?.uid === autoscaler.metadata.uid ? known.memory : emptyMemory,
      settings: this.#settings,
      nowMs: this.#now,
    });
    const outcome = plan.rescale && (await this.#rescale(autoscaler, { plan, rescale: plan.rescale, resource, scale }));
    const { status, memory, point } = outcome ?? plan;
    this.#memories.set(key, { uid: autoscaler.metadata.uid, memory });
    this.#history.add(key, point);
    for (const event of plan.events) this.#record(autoscaler, event);
    if (outcome) this.#record(autoscaler, outcome.event);
    await this.#writeStatus(autoscaler, status);
  }

  async #rescale(
    autoscaler: HorizontalPodAutoscaler,
    { plan, rescale, resource, scale }: RescaleRequest,
  ): Promise<RescaleOutcome> {
    const { namespace = '' } = autoscaler.metadata;
    const input = { autoscaler, plan, rescale, nowMs: this.#now };
    try {
      await this.#services.client.updateScale(resource, namespace, { ...scale, spec: { replicas: rescale.to } });
      return afterRescale(input);
    } catch (error) {
      // Somebody else changed the target: what was decided may be wrong, so it is decided again.
      if (isApiError(error, 'Conflict')) throw error;
      return afterFailedRescale(input, messageOf(error));
    }
  }

  /** A patch: only the status is ours, and what else was written meanwhile must stay. */
  async #writeStatus({ metadata, status: present }: HorizontalPodAutoscaler, status: Status): Promise<void> {
    if (isEqualJson(status, present)) return;
    const resource = 'horizontalpodautoscalers.autoscaling';
    await this.#services.client.mergePatch(resource, metadata.namespace, metadata.name, { status }, 'status');
  }

  #record(about: HorizontalPodAutoscaler, event: PlannedEvent): void {
    this.#services.events.record(about, { ...event, component });
  }

  get #now(): number {
    return this.#services.clock.now();
  }
}

interface RescaleRequest {
  readonly plan: AutoscalerPlan;
  readonly rescale: NonNullable<AutoscalerPlan['rescale']>;
  readonly resource: ResourceName;
  readonly scale: Scale;
}
