import type { HistoryAnswer } from '@gantry/api-types/history';
import { expect, it } from 'vitest';
import { usageCharts } from './usage-charts.ts';

const answer: HistoryAnswer = {
  at: 20_000,
  from: 10_000,
  stepMs: 2000,
  series: [{ of: 'x', values: { cpuMilli: [100, null, 300], memoryBytes: [5, null, 7], pods: [1, null, 3] } }],
};
const lines = {
  requests: { cpuMilli: 250, memoryBytes: 0 },
  limits: { cpuMilli: 500, memoryBytes: 9 },
  names: ['request', 'limit'] as const,
  isPerPod: false,
};

it('draws what was used against request and limit, at the end of each step', () => {
  const [cpu, memory] = usageCharts(answer, lines);
  expect(cpu?.times).toEqual([12, 14, 16]);
  expect(cpu?.series).toEqual([
    { name: 'used', role: 'main', values: [100, null, 300] },
    { name: 'request', role: 'request', values: [250, 250, 250] },
    { name: 'limit', role: 'limit', values: [500, 500, 500] },
  ]);
  expect(memory?.series.map(({ name }) => name)).toEqual(['working set', 'limit']);
});

it('lets the lines of a workload grow with its pods', () => {
  const [cpu] = usageCharts(answer, { ...lines, isPerPod: true });
  expect(cpu?.series[1]?.values).toEqual([250, null, 750]);
});

it('takes a metric that is left out for zero where there were samples, and for nothing where there were none', () => {
  const throttled = usageCharts(answer, lines).find(({ title }) => title === 'Throttled');
  expect(throttled?.series[0]?.values).toEqual([0, null, 0]);
  expect(usageCharts({ ...answer, series: [] }, lines)).toEqual([]);
});
