import {
  type AutoscalerHistories,
  type AutoscalerHistory,
  type HorizontalPodAutoscaler,
  keyOf,
} from '@gantry/api-types';
import type { Clock, InformerSource } from '@gantry/core';
import { metricFacts } from '@gantry/core/autoscaling/metric-facts';
import type { DecisionHistory } from './decision-history.ts';

/** Which autoscalers, and which of their points, are asked for. */
export interface HistoriesQuery {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** Milliseconds since the epoch: only later points. */
  readonly since?: number | undefined;
}

/** Tells the dashboard what autoscalers decided. */
export interface AutoscalerSource {
  histories(query: HistoriesQuery): AutoscalerHistories;
}

export function createAutoscalerSource(options: {
  readonly informers: InformerSource;
  readonly history: DecisionHistory;
  readonly syncPeriodMs: number;
  readonly clock: Clock;
}): AutoscalerSource {
  const { informers, history, syncPeriodMs, clock } = options;
  const { lister } = informers.informer('horizontalpodautoscalers.autoscaling');
  return {
    histories({ namespace, name, since }) {
      const autoscalers = lister
        .list(namespace)
        .filter(({ metadata }) => name === undefined || metadata.name === name)
        .map((autoscaler) => historyOf(autoscaler, history, since))
        .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
      return { at: clock.now(), syncPeriodMs, autoscalers };
    },
  };
}

function historyOf(
  autoscaler: HorizontalPodAutoscaler,
  history: DecisionHistory,
  since: number | undefined,
): AutoscalerHistory {
  const { metadata, spec, status } = autoscaler;
  const { kind, name } = spec.scaleTargetRef;
  const points = history.of(keyOf(autoscaler));
  return {
    key: keyOf(autoscaler),
    uid: metadata.uid,
    target: { kind, name, key: `${kind}/${metadata.namespace}/${name}` },
    minReplicas: spec.minReplicas ?? 1,
    maxReplicas: spec.maxReplicas,
    metrics: (spec.metrics ?? []).map(metricFacts),
    conditions: (status.conditions ?? []).map(({ type, status: value, reason, message, lastTransitionTime }) => ({
      type,
      status: value,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      ...(lastTransitionTime === undefined ? {} : { since: lastTransitionTime }),
    })),
    points: since === undefined ? points : points.filter(({ at }) => at > since),
  };
}
