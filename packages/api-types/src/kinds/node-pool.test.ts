import { describe, expect, it } from 'vitest';
import type { NodePool } from '../generated/types.ts';
import { cellsOf, makeMetadata, problemsOf } from '../testing/index.ts';
import { nodePoolKind } from './node-pool.ts';

const metadata = makeMetadata('NodePool', { name: 'burst', isNamespaced: false });
const template = { cpu: '2', memory: '4Gi' };
const sent = (spec: object, status?: object): NodePool =>
  ({ metadata: structuredClone(metadata), spec, ...(status ? { status } : {}) }) as NodePool;

describe('a NodePool', () => {
  it('is filled in with what a pool needs', () => {
    const pool = sent({ maxNodes: 3, template: { cpu: '2000m', memory: '4Gi' } });
    expect(problemsOf(nodePoolKind, pool)).toEqual([]);
    expect(pool.spec).toEqual({
      provider: 'docker',
      minNodes: 0,
      maxNodes: 3,
      template: { cpu: '2', memory: '4Gi', maxPods: 110 },
      scaleUp: { delaySeconds: 5 },
      scaleDown: { policy: 'WhenEmptyOrUnderutilized', afterSeconds: 300, drainTimeoutSeconds: 300 },
    });
  });

  it.each([
    [{ template }, 'spec.maxNodes: Required value'],
    [{ maxNodes: 0, template }, 'spec.maxNodes: Invalid value: 0: must be greater than zero'],
    [{ minNodes: 4, maxNodes: 3, template }, 'spec.minNodes: Invalid value: 4: must not be greater than maxNodes'],
    [{ minNodes: -1, maxNodes: 3, template }, 'spec.minNodes: Invalid value: -1: must be greater than or equal to 0'],
    [{ maxNodes: 3, template: { cpu: '2' } }, 'spec.template.memory: Required value: how much of it a host has'],
    [
      { maxNodes: 3, template: { ...template, taints: [{ key: 'a', effect: 'Never' }] } },
      'spec.template.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
    [
      { maxNodes: 3, template, scaleDown: { policy: 'Always' } },
      'spec.scaleDown.policy: Unsupported value: "Always": supported values: "Never", "WhenEmpty", "WhenEmptyOrUnderutilized"',
    ],
  ])('with %j says what is wrong', (spec, problem) => {
    expect(problemsOf(nodePoolKind, sent(spec))).toContain(problem);
  });

  it('keeps its provider', () => {
    const before = sent({ provider: 'docker', maxNodes: 3, template });
    const after = sent({ provider: 'other', maxNodes: 3, template });
    expect(nodePoolKind.validateUpdate(after, before)[0]?.message).toContain('field is immutable');
  });

  it('shows how many hosts it has and what it is doing', () => {
    const condition = (type: string, status: string, reason: string) => ({ type, status, reason });
    const conditions = [condition('Ready', 'True', 'Settled'), condition('ScalingUp', 'True', 'PodsWait')];
    const status = { nodes: 2, readyNodes: 1, waitingPods: 3, conditions };
    const pool = sent({ provider: 'docker', minNodes: 0, maxNodes: 3, template }, status);
    expect(cellsOf(nodePoolKind, pool)).toEqual(['burst', 'docker', 0, 3, 2, 1, 'PodsWait', '2', '4Gi', '60s']);
  });
});
