import type { FeedPod } from '@gantry/api-types/feed';
import type { HistoryAnswer, HistorySeries } from '@gantry/api-types/history';
import type { MockFleet } from './fleet.ts';
import { sampleUsage } from './placement.ts';
import { isPodOf } from './workloads.ts';

/** What the subjects used in the last `seconds`, as the samples of the make-believe agents would have it. */
export function answerUsageHistory(fleet: MockFleet, query: URLSearchParams): HistoryAnswer {
  const seconds = Number(query.get('seconds') ?? 600);
  const stepMs = seconds <= 120 ? 2_000 : seconds <= 600 ? 10_000 : 30_000;
  const length = Math.ceil((seconds * 1000) / stepMs);
  const from = fleet.now - length * stepMs;
  const series = query.getAll('of').map((of): HistorySeries => {
    const pods = podsOf(fleet, of);
    if (pods.length === 0 && !of.startsWith('node/')) return { of, values: {} };
    const samples = Array.from({ length }, (_, step) => {
      const at = from + (step + 1) * stepMs;
      const there = pods.filter((pod) => Date.parse(pod.createdAt) <= at);
      return there.length > 0 || of.startsWith('node/')
        ? { ...sampleUsage(there, at), count: there.length }
        : undefined;
    });
    return {
      of,
      values: {
        cpuMilli: samples.map((sample) => sample?.cpuMilli ?? null),
        memoryBytes: samples.map((sample) => sample?.memoryBytes ?? null),
        pods: samples.map((sample) => sample?.count ?? null),
        // Who works more is asked more, and answers more than it is asked.
        rxBytes: samples.map((sample) => (sample ? sample.cpuMilli * 40 : null)),
        txBytes: samples.map((sample) => (sample ? sample.cpuMilli * 220 : null)),
      },
    };
  });
  return { at: fleet.now, from, stepMs, series };
}

function podsOf(fleet: MockFleet, of: string): FeedPod[] {
  const [kind, ...rest] = of.split('/');
  if (kind === 'node') return fleet.podsOn(rest[0] ?? '');
  if (kind === 'pod') return [...fleet.pods.values()].filter((pod) => pod.uid === rest[0]);
  const workload = fleet.workloads.get(rest.join('/'));
  return workload ? [...fleet.pods.values()].filter((pod) => isPodOf(pod, workload)) : [];
}
