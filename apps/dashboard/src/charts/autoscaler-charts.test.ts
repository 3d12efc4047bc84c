import type { AutoscalerHistory } from '@gantry/api-types/autoscalers';
import { expect, it } from 'vitest';
import { autoscalerCharts, decisionLine } from './autoscaler-charts.ts';

const history: AutoscalerHistory = {
  key: 'default/web',
  uid: 'u',
  target: { kind: 'Deployment', name: 'web', key: 'Deployment/default/web' },
  minReplicas: 2,
  maxReplicas: 10,
  metrics: [{ name: 'cpu', unit: 'percent', target: 60, isAverage: true }],
  conditions: [],
  points: [
    { at: 1000, current: 3, desired: 3, wanted: 3, metrics: [{ current: 58, wanted: 3 }] },
    { at: 2000, current: 3, desired: 3, metrics: [{}], problem: 'no metrics known for pod' },
    {
      at: 3000,
      current: 3,
      desired: 6,
      wanted: 9,
      metrics: [{ current: 180, wanted: 9 }],
      heldBy: { type: 'ScaleUpLimit', message: 'at most twice as many in 15 s', until: 15_000 },
    },
  ],
};

it('draws what is there and what is wanted between the limits, and each metric against its target', () => {
  const [replicas, cpu] = autoscalerCharts(history);
  expect(replicas?.series.map(({ name, values }) => [name, values])).toEqual([
    ['actual', [3, 3, 3]],
    ['wanted', [3, null, 9]],
    ['least', [2, 2, 2]],
    ['most', [10, 10, 10]],
  ]);
  expect(cpu?.title).toBe('cpu of request, average per pod');
  expect(cpu?.series[0]?.values).toEqual([58, null, 180]);
  expect(cpu?.format(180)).toBe('180 %');
});

it('says what the last decision was, and what held it back for how long', () => {
  expect(decisionLine(history, 5000)).toBe(
    'It scales up to 6, the metrics ask for 9. ScaleUpLimit: at most twice as many in 15 s, for another 10 s.',
  );
  const broken = { ...history, points: history.points.slice(0, 2) };
  expect(decisionLine(broken, 0)).toBe('It cannot decide: no metrics known for pod');
  expect(decisionLine({ ...history, points: [] }, 0)).toBe('It has not decided anything yet.');
});
