import { expect, it } from 'vitest';
import { type ChartData, chartTop, chartWords, summarizeSeries, tableRows } from './chart-data.ts';

const data: ChartData = {
  title: 'CPU',
  times: [10, 12, 14, 16],
  series: [
    { name: 'used', role: 'main', values: [100, null, 300, 200] },
    { name: 'limit', role: 'limit', values: [500, 500, 500, 500] },
  ],
  format: (value) => `${value}m`,
};

it('says in words what the lines show', () => {
  expect(chartWords(data)).toBe('CPU. used: now 200m, mean 200m, most 300m; limit 500m');
  const silent = { ...data, series: [{ name: 'used', role: 'main' as const, values: [5, null] }] };
  expect(chartWords(silent)).toBe('CPU. used: no sample now, mean 5m, most 5m');
  expect(chartWords({ ...data, series: [{ name: 'used', role: 'main', values: [null] }] })).toBe(
    'CPU. used: no samples',
  );
});

it('has a table of the same points, newest first, of a bounded length', () => {
  expect(tableRows(data, 10)[0]).toEqual({ at: 16, values: [200, 500] });
  expect(tableRows(data, 2).map(({ at }) => at)).toEqual([16, 12]);
});

it('does not take a gap for zero', () => {
  expect(summarizeSeries({ name: '', role: 'main', values: [4, null, null] })).toEqual({
    now: undefined,
    mean: 4,
    most: 4,
  });
});

it('leaves out of its height a limit that would flatten what is measured', () => {
  const used = { name: 'used', role: 'main' as const, values: [100] };
  expect(chartTop([used, { name: 'limit', role: 'limit', values: [300] }])).toBeCloseTo(324);
  expect(chartTop([used, { name: 'limit', role: 'limit', values: [9000] }])).toBeCloseTo(108);
  expect(chartTop([])).toBe(1);
});
