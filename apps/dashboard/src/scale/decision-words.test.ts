import { expect, it } from 'vitest';
import { decisionWords } from './decision-words.ts';

const record = { podKey: 'default/web', podUid: 'u', at: '', attempts: 1, durationMs: 1, nodesTotal: 2 };
const node = (nodeName: string, fit: number, balance: number, spread = 0) => ({
  nodeName,
  isFeasible: true,
  refusals: [],
  scores: { NodeResourcesFit: fit, NodeResourcesBalancedAllocation: balance, PodTopologySpread: spread },
});

it('says what decided, for the node chosen and for the next best', () => {
  const nodes = [node('node-4', 73.2, 76), node('node-2', 47, 52)];
  expect(decisionWords({ ...record, outcome: 'bound', nodeName: 'node-4', nodes })).toBe(
    'chosen: node-4 (fit 73 + balance 76); next best node-2 (fit 47 + balance 52)',
  );
});

it('names as next best what scored next, in whatever order the nodes are recorded', () => {
  const scored = (name: string, totalScore: number) => ({ ...node(name, totalScore, 0), totalScore });
  const nodes = [scored('node-1', 10), scored('node-3', 30), scored('node-2', 20)];
  expect(decisionWords({ ...record, outcome: 'bound', nodeName: 'node-3', nodes })).toBe(
    'chosen: node-3 (fit 30); next best node-2 (fit 20)',
  );
});

it('says where nothing decided, where there was no choice, and where there is no place', () => {
  const bound = { ...record, outcome: 'bound' as const, nodeName: 'node-4' };
  expect(decisionWords({ ...bound, nodes: [node('node-4', 1, 1), node('node-2', 1, 1)] })).toBe(
    'chosen: node-4; node-2 scored the same',
  );
  expect(decisionWords({ ...bound, nodes: [node('node-4', 1, 1)] })).toBe('chosen: node-4, the only node that fits');
  expect(decisionWords({ ...record, outcome: 'unschedulable', message: '0/3 nodes', nodes: [] })).toBe('0/3 nodes');
});
