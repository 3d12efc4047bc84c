import type { AutoscalerHistory, AutoscalerMetric, AutoscalerMetricUnit } from '@gantry/api-types/autoscalers';
import { formatBytes, formatCpu, formatSpan } from '../format.ts';
import type { ChartData } from './chart-data.ts';

/** The charts of an autoscaler: replicas wanted, set and there, between its limits; and each metric against its target. */
export function autoscalerCharts(history: AutoscalerHistory): ChartData[] {
  const { points, minReplicas, maxReplicas, metrics } = history;
  const times = points.map(({ at }) => at / 1000);
  const same = (value: number): number[] => points.map(() => value);
  const replicas: ChartData = {
    title: 'Replicas',
    times,
    format: (value) => String(Math.round(value)),
    series: [
      { name: 'actual', role: 'main', isStepped: true, values: points.map(({ current }) => current) },
      { name: 'wanted', role: 'second', isStepped: true, values: points.map(({ wanted }) => wanted ?? null) },
      { name: 'least', role: 'request', values: same(minReplicas) },
      { name: 'most', role: 'limit', values: same(maxReplicas) },
    ],
  };
  return [
    replicas,
    ...metrics.map(
      (metric, index): ChartData => ({
        title: metricTitle(metric),
        times,
        format: metricFormat(metric.unit),
        series: [
          { name: 'measured', role: 'main', values: points.map((point) => point.metrics[index]?.current ?? null) },
          { name: 'target', role: 'limit', values: same(metric.target) },
        ],
      }),
    ),
  ];
}

/** What the last decision was, in words: `12 replicas, wants 15: held by ScaleUpLimit, ... for another 20 s`. */
export function decisionLine({ points }: AutoscalerHistory, now: number): string {
  const last = points.at(-1);
  if (!last) return 'It has not decided anything yet.';
  if (last.problem) return `It cannot decide: ${last.problem}`;
  const wants = last.wanted === undefined || last.wanted === last.desired ? '' : `, the metrics ask for ${last.wanted}`;
  const until = last.heldBy?.until;
  const span = until !== undefined && until > now ? `, for another ${formatSpan(until - now)}` : '';
  const held = last.heldBy ? `. ${last.heldBy.type}: ${last.heldBy.message}${span}` : '';
  const verb = last.desired > last.current ? 'scales up to' : last.desired < last.current ? 'scales down to' : 'keeps';
  return `It ${verb} ${last.desired}${wants}${held}.`;
}

function metricTitle({ name, isAverage, unit }: AutoscalerMetric): string {
  return `${name}${unit === 'percent' ? ' of request' : ''}${isAverage ? ', average per pod' : ''}`;
}

function metricFormat(unit: AutoscalerMetricUnit): (value: number) => string {
  if (unit === 'percent') return (value) => `${Math.round(value)} %`;
  if (unit === 'cores') return (value) => formatCpu(Math.round(value * 1000));
  if (unit === 'bytes') return formatBytes;
  return (value) => String(Number(value.toPrecision(4)));
}
