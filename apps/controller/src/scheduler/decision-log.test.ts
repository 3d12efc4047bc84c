import type { SchedulingDecision } from '@gantry/core';
import { describe, expect, it } from 'vitest';
import { DecisionLog } from './decision-log.ts';

const decision = (podUid: string, nodes = 0): SchedulingDecision => ({
  podKey: `default/${podUid}`,
  podUid,
  at: '2026-01-01T00:00:00Z',
  outcome: 'unschedulable',
  message: 'no nodes available to schedule pods',
  attempts: 1,
  durationMs: 1,
  nodesTotal: nodes,
  nodes: Array.from({ length: nodes }, (_, index) => ({ nodeName: `n${index}`, isFeasible: false, refusals: [] })),
});

describe('the decision log', () => {
  it('keeps the latest decision of each pod, newest first, and forgets the oldest', () => {
    const log = new DecisionLog({ capacity: 2 });
    for (const uid of ['a', 'b', 'a', 'c']) log.record(decision(uid));
    expect(log.recent(10).map((each) => each.podUid)).toEqual(['c', 'a']);
    expect(log.recent(1)).toHaveLength(1);
    expect(log.recent(0)).toEqual([]);
    expect(log.get('b')).toBeUndefined();
    expect(log.get('a')).toMatchObject({ podKey: 'default/a' });
  });

  it('lists no more nodes than it may', () => {
    const log = new DecisionLog({ maxNodes: 3 });
    log.record(decision('a', 9));
    expect(log.get('a')).toMatchObject({ nodesTotal: 9, nodes: [{ nodeName: 'n0' }, {}, {}] });
  });

  it('tells its handlers until they unsubscribe', () => {
    const log = new DecisionLog();
    const seen: string[] = [];
    const unsubscribe = log.onDecision(({ podUid }) => seen.push(podUid));
    log.record(decision('a'));
    unsubscribe();
    log.record(decision('b'));
    expect(seen).toEqual(['a']);
  });
});
