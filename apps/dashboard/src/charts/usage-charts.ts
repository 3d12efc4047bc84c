import type { FeedResources } from '@gantry/api-types/feed';
import type { HistoryAnswer, HistoryMetric, HistorySeries } from '@gantry/api-types/history';
import { formatBytes, formatCpu } from '../format.ts';
import type { ChartData, ChartSeries } from './chart-data.ts';

/** What usage is held against, per pod: a sum grows with the pods it is of. */
export interface UsageLines {
  readonly requests: FeedResources;
  readonly limits: FeedResources;
  /** The names of the two lines: of a node they are what is requested and what is allocatable. */
  readonly names: readonly [string, string];
  /** Of one pod, where the subject is a sum over pods whose number the history knows. */
  readonly isPerPod: boolean;
}

/** The charts of a pod, workload or node, from the controller's history. */
export function usageCharts(answer: HistoryAnswer, lines: UsageLines): ChartData[] {
  const [series] = answer.series;
  if (!series) return [];
  const length = Object.values(series.values).reduce((most, values) => Math.max(most, values?.length ?? 0), 0);
  const times = Array.from({ length }, (_, index) => (answer.from + (index + 1) * answer.stepMs) / 1000);
  const chart = (title: string, format: (value: number) => string, ...of: ChartSeries[]): ChartData => ({
    title,
    times,
    series: of,
    format,
  });
  const read = (name: string, metric: HistoryMetric, role: 'main' | 'second' = 'main'): ChartSeries => ({
    name,
    role,
    values: valuesOf(series, metric, length),
  });
  const against = (field: keyof FeedResources): ChartSeries[] => [
    ...line('request', lines.names[0], lines.requests[field], series, length, lines.isPerPod),
    ...line('limit', lines.names[1], lines.limits[field], series, length, lines.isPerPod),
  ];
  const perSecond = (value: number): string => `${formatBytes(value)}/s`;
  return [
    chart('CPU', formatCpu, read('used', 'cpuMilli'), ...against('cpuMilli')),
    chart('Memory', formatBytes, read('working set', 'memoryBytes'), ...against('memoryBytes')),
    chart('Throttled', (value) => `${Math.round(value * 100)} %`, read('of its periods', 'throttledRatio')),
    chart('Network', perSecond, read('received', 'rxBytes'), read('sent', 'txBytes', 'second')),
    chart('Disk', perSecond, read('read', 'readBytes'), read('written', 'writeBytes', 'second')),
    chart('Processes', (value) => String(Math.round(value)), read('processes and threads', 'pids')),
    ...(lines.isPerPod ? [chart('Pods', (value) => String(Math.round(value)), read('pods', 'pods'))] : []),
  ];
}

/** A metric that was zero throughout is left out of the answer: where there are samples at all, it was zero. */
function valuesOf(series: HistorySeries, metric: HistoryMetric, length: number): (number | null)[] {
  const values = series.values[metric];
  if (values) return [...values];
  const known = series.values.memoryBytes ?? series.values.cpuMilli ?? series.values.pods;
  return Array.from({ length }, (_, index) => (known?.[index] === null || known?.[index] === undefined ? null : 0));
}

function line(
  role: 'request' | 'limit',
  name: string,
  amount: number,
  series: HistorySeries,
  length: number,
  isPerPod: boolean,
): ChartSeries[] {
  if (amount <= 0) return [];
  const pods = series.values.pods;
  const values = Array.from({ length }, (_, index) => {
    const count = isPerPod ? pods?.[index] : 1;
    return count === null || count === undefined ? null : amount * count;
  });
  return [{ role, name, values }];
}
