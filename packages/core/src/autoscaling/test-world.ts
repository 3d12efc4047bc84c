import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  MetricSpec,
  Pod,
  PodStatus,
  Scale,
} from '@gantry/api-types';
import { horizontalPodAutoscalerKind } from '@gantry/api-types/kinds/autoscaling/horizontal-pod-autoscaler';
import { makeContainer, makeMetadata, makePod } from '@gantry/api-types/testing';
import { formatTime } from '../lib/timestamp.ts';
import { type AutoscalerMemory, emptyMemory } from './memory.ts';
import type { MetricSample, MetricsReader, PodMetricsRecord } from './metrics-reader.ts';
import { type PlannedEvent, planAutoscaler, type TargetPods } from './plan-autoscaler.ts';
import { afterRescale } from './rescale-outcome.ts';
import { type AutoscalerSettings, defaultAutoscalerSettings } from './settings.ts';

export const second = 1_000;
export const minute = 60_000;

/** Midnight, the first of January 2026. */
const startMs = Date.UTC(2026, 0, 1);

export interface WorldOptions {
  readonly replicas: number;
  readonly spec?: Partial<HorizontalPodAutoscalerSpec>;
  readonly settings?: Partial<AutoscalerSettings>;
}

export interface TestPod {
  readonly name: string;
  /** Milli-cores; undefined: there is no sample. */
  readonly cpu?: number | undefined;
  /** Bytes. */
  readonly memory?: number;
  /** Milli-cores of further containers, by name; the pod's first is `main`. */
  readonly containers?: Readonly<Record<string, number>>;
  /** Milli-cores each container requests: 1000. */
  readonly request?: number | undefined;
  readonly phase?: string;
  readonly isReady?: boolean;
  readonly isLeaving?: boolean;
  /** Before now; milliseconds: an hour. */
  readonly startedAgo?: number;
  /** When it last turned ready or unready, before now; milliseconds: as it started. */
  readonly changedAgo?: number;
  /** The end of its sample's window, before now, milliseconds: 0. */
  readonly sampledAgo?: number;
  /** Of a metric of its own. */
  readonly custom?: Readonly<Record<string, number>>;
}

/** An autoscaler, its target and what is measured, at a time that only {@link advance} moves. */
export class AutoscalerWorld implements MetricsReader {
  readonly settings: AutoscalerSettings;
  autoscaler: HorizontalPodAutoscaler;
  nowMs = startMs;
  replicas: number;
  memory: AutoscalerMemory = emptyMemory;
  /** `Type Reason: message`, of the last pass. */
  events: string[] = [];
  pods: readonly TestPod[] = [];
  objects: Readonly<Record<string, number>> = {};
  external: Readonly<Record<string, readonly number[]>> = {};
  target: TargetPods | undefined;

  constructor({ replicas, spec = {}, settings = {} }: WorldOptions) {
    this.replicas = replicas;
    this.settings = { ...defaultAutoscalerSettings, ...settings };
    const metadata = makeMetadata('HorizontalPodAutoscaler', { name: 'web', isNamespaced: true });
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    this.autoscaler = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { ...metadata, generation: 1 },
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 10_000, ...structuredClone(spec) },
      status: { desiredReplicas: 0, currentMetrics: [] },
    };
    horizontalPodAutoscalerKind.setDefaults(this.autoscaler);
  }

  get status(): HorizontalPodAutoscaler['status'] {
    return this.autoscaler.status;
  }

  /** `status reason` of a condition. */
  condition(type: string): string {
    const found = this.status.conditions?.find((condition) => condition.type === type);
    return found ? `${found.status} ${found.reason}` : 'absent';
  }

  message(type: string): string | undefined {
    return this.status.conditions?.find((condition) => condition.type === type)?.message;
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }

  /** As many pods as there are replicas, each of which uses so much of its request of 1000m. */
  useEach(cpu: number): void {
    this.pods = Array.from({ length: this.replicas }, (_, index) => ({ name: `web-${index}`, cpu }));
  }

  /** As many ready pods as there are replicas, that share a load of so many milli-cores. */
  share(cpu: number): void {
    this.useEach(Math.round(cpu / this.replicas));
  }

  /** One pass; what it decides comes true at once. Returns the replicas after it. */
  pass(): number {
    const { autoscaler, nowMs } = this;
    const pods = this.pods.map((pod) => this.#podOf(pod));
    const plan = planAutoscaler({
      autoscaler,
      scale: this.#scale(),
      target: () => this.target ?? { type: 'found', pods },
      metrics: this,
      memory: this.memory,
      settings: this.settings,
      nowMs,
    });
    const { rescale } = plan;
    const outcome = rescale && afterRescale({ autoscaler, plan, rescale, nowMs });
    if (rescale) this.replicas = rescale.to;
    const events: readonly PlannedEvent[] = [...plan.events, ...(outcome ? [outcome.event] : [])];
    this.events = events.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
    this.memory = (outcome ?? plan).memory;
    this.autoscaler = { ...autoscaler, status: (outcome ?? plan).status };
    this.point = (outcome ?? plan).point;
    return this.replicas;
  }

  point: ReturnType<typeof planAutoscaler>['point'] | undefined;

  /** A pass every `periodMs` until `durationMs` is over; the replicas after each. */
  passes(durationMs: number, periodMs: number, before: () => void = () => undefined): number[] {
    const seen: number[] = [];
    for (let passed = 0; passed < durationMs; passed += periodMs) {
      before();
      seen.push(this.pass());
      this.advance(periodMs);
    }
    return seen;
  }

  podUsage(uid: string): PodMetricsRecord | undefined {
    const pod = this.pods.find(({ name }) => name === uid);
    if (pod?.cpu === undefined && pod?.memory === undefined) return undefined;
    const main = { name: 'main', cpuMilli: pod.cpu ?? 0, memoryBytes: pod.memory ?? 0 };
    const others = Object.entries(pod.containers ?? {}).map(([name, cpuMilli]) => ({ name, cpuMilli, memoryBytes: 0 }));
    return {
      namespace: 'default',
      name: pod.name,
      uid,
      at: this.nowMs - (pod.sampledAgo ?? 0),
      windowMs: 30 * second,
      containers: [main, ...others],
    };
  }

  podMetric(uid: string, metric: string): MetricSample | undefined {
    return this.#sample(this.pods.find(({ name }) => name === uid)?.custom?.[metric]);
  }

  objectMetric(object: { kind: string; name: string }, metric: string): MetricSample | undefined {
    return this.#sample(this.objects[`${object.kind}/${object.name}/${metric}`]);
  }

  externalMetric(_namespace: string, metric: string): readonly MetricSample[] {
    return (this.external[metric] ?? []).map((value) => ({ at: this.nowMs, value }));
  }

  #sample(value: number | undefined): MetricSample | undefined {
    return value === undefined ? undefined : { at: this.nowMs, value };
  }

  #scale(): Scale {
    return {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: makeMetadata('Scale', { name: 'web', isNamespaced: true }),
      spec: { replicas: this.replicas },
      status: { replicas: this.replicas, selector: 'app=web' },
    };
  }

  #podOf(pod: TestPod): Pod {
    const { phase = 'Running', isReady = true, isLeaving = false, startedAgo = 60 * minute } = pod;
    const since = formatTime(this.nowMs - (pod.changedAgo ?? startedAgo));
    const status: Partial<PodStatus> = {
      phase,
      startTime: formatTime(this.nowMs - startedAgo),
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: since }],
    };
    const cpu = 'request' in pod && pod.request === undefined ? undefined : `${pod.request ?? 1000}m`;
    const sizes = { ...(cpu === undefined ? {} : { cpu }), memory: '1Gi' };
    const containers = ['main', ...Object.keys(pod.containers ?? {})].map((name) => makeContainer({ name, ...sizes }));
    const made = makePod({ name: pod.name, containers, status });
    const leaving = isLeaving ? { deletionTimestamp: formatTime(this.nowMs) } : {};
    return { ...made, metadata: { ...made.metadata, uid: pod.name, ...leaving } };
  }
}

export const cpuUtilization = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

export const cpuAverage = (averageValue: string): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'AverageValue', averageValue } },
});

export const podsMetric = (name: string, averageValue: string): MetricSpec => ({
  type: 'Pods',
  pods: { metric: { name }, target: { type: 'AverageValue', averageValue } },
});

export const externalMetric = (name: string, target: { value?: string; averageValue?: string }): MetricSpec => ({
  type: 'External',
  external: {
    metric: { name, selector: { matchLabels: { queue: 'tasks' } } },
    target: { type: target.value === undefined ? 'AverageValue' : 'Value', ...target },
  },
});

export const objectMetric = (name: string, target: { value?: string; averageValue?: string }): MetricSpec => ({
  type: 'Object',
  object: {
    describedObject: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main' },
    metric: { name },
    target: { type: target.value === undefined ? 'AverageValue' : 'Value', ...target },
  },
});
