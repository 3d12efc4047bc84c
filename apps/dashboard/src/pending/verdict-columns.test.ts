import { expect, it } from 'vitest';
import { nearestFirst, refusalIn, refusalWords, verdictColumns } from './verdict-columns.ts';

const short = (resource: string, need: number, free: number) => ({
  plugin: 'NodeResourcesFit',
  reason: `Insufficient ${resource}`,
  resource,
  need,
  free,
  short: need - free,
});
const taint = { plugin: 'TaintToleration', reason: 'node(s) had untolerated taint {gpu: only}' };
const no = (nodeName: string, ...refusals: (typeof taint | ReturnType<typeof short>)[]) => ({
  nodeName,
  isFeasible: refusals.length === 0,
  refusals,
});

it('has a column for each filter and resource that refused anywhere, the most frequent first', () => {
  const verdicts = [
    no('a', short('cpu', 500, 180)),
    no('b', short('memory', 8, 4), short('cpu', 500, 1)),
    no('c', taint),
  ];
  const columns = verdictColumns(verdicts);
  expect(columns.map(({ name }) => name)).toEqual(['CPU', 'Memory', 'Taints']);
  const [cpu, memory] = columns;
  expect(cpu && refusalIn(verdicts[1] ?? no(''), cpu)).toMatchObject({ short: 499 });
  expect(memory && refusalIn(verdicts[0] ?? no(''), memory)).toBeUndefined();
});

it('puts the nearest miss first and what no amount helps last', () => {
  const verdicts = [
    no('taint', taint),
    no('far', short('cpu', 500, 0)),
    no('near', short('cpu', 500, 400)),
    no('node-10'),
    no('node-9'),
  ];
  expect(nearestFirst(verdicts).map(({ nodeName }) => nodeName)).toEqual(['node-9', 'node-10', 'near', 'far', 'taint']);
});

it("says a filter's own words about the node where there are any", () => {
  expect(refusalWords(taint)).toBe('Taint gpu: only is not tolerated');
  expect(refusalWords({ ...taint, detail: 'taint gpu=only:NoSchedule' })).toBe('taint gpu=only:NoSchedule');
});
