import { type KubernetesObject, type NodePool, type NodePoolSpec, nodePoolLabel, type Pod } from '@gantry/api-types';
import { makeNode, makePod } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../simulation/simulate.ts';
import { deploymentOf, makeSimulationSource } from '../testing/simulation-source.ts';
import { findDispensable } from './find-dispensable.ts';
import { findRoom, type UpcomingHosts } from './find-room.ts';

const nowMs = Date.UTC(2030, 0, 1);

function poolOf(spec: Partial<NodePoolSpec> = {}): NodePool {
  return {
    apiVersion: 'gantry.io/v1',
    kind: 'NodePool',
    metadata: { name: 'burst', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { provider: 'docker', maxNodes: 5, template: { cpu: '2', memory: '4Gi' }, ...spec },
    status: { nodes: 0, readyNodes: 0, waitingPods: 0 },
  };
}

interface Question {
  readonly spec?: Partial<NodePoolSpec>;
  readonly upcoming?: readonly UpcomingHosts[];
  readonly maxMore?: number;
  readonly nowMs?: number;
}

function ask(objects: readonly KubernetesObject[], question: Question = {}) {
  const { spec, upcoming = [], maxMore = 5 } = question;
  const input = { pool: poolOf(spec), upcoming, maxMore, nowMs: question.nowMs ?? nowMs };
  return runToEnd(findRoom(makeSimulationSource(objects), input));
}

const node = makeNode({ name: 'node-1', cpu: '1', memory: '2Gi' });
/** So many replicas of 500m, of which two fit on the one node there is. */
const waiting = (count: number) =>
  deploymentOf({ name: 'web', cpu: '500m', on: ['node-1', 'node-1', ...Array<undefined>(count).fill(undefined)] });

describe('room for pods that wait', () => {
  it.each([
    // pods that wait, most hosts: hosts of four such pods that would help
    [0, 5, 0, 'NoPodsWait'],
    [1, 5, 1, 'PodsWait'],
    [4, 5, 1, 'PodsWait'],
    [5, 5, 2, 'PodsWait'],
    [12, 5, 3, 'PodsWait'],
    [100, 5, 5, 'PodsWait'],
    [5, 1, 1, 'PodsWait'],
    [5, 0, 0, 'AtMaximum'],
  ])('%i pods, at most %i more hosts: %i', (pods, maxMore, hosts, reason) => {
    const answer = ask([node, ...waiting(pods)], { maxMore });
    expect([answer.hosts, answer.reason]).toEqual([hosts, reason]);
  });

  it('names the pods it is for, and their images', () => {
    const answer = ask([node, ...waiting(2)]);
    expect(answer.helped).toHaveLength(2);
    expect(answer.images).toHaveLength(1);
    expect(answer.message).toBe('2 pods wait for room that 1 more host would give them');
  });

  it('starts none that would help nobody, and says why', () => {
    const large = ask([node, ...deploymentOf({ name: 'large', cpu: '3', on: [undefined] })]);
    expect(large).toMatchObject({ hosts: 0, reason: 'WouldNotHelp' });
    expect(large.message).toContain('Insufficient cpu');
    const taints = [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }];
    const tainted = ask([node, ...waiting(2)], { spec: { template: { cpu: '2', memory: '4Gi', taints } } });
    expect(tainted.reason).toBe('WouldNotHelp');
    const picky = makePod({ name: 'picky' });
    const choosy: Pod = { ...picky, spec: { ...picky.spec, nodeSelector: { disk: 'ssd' } } };
    expect(ask([node, choosy]).reason).toBe('WouldNotHelp');
    const labels = { disk: 'ssd' };
    expect(ask([node, choosy], { spec: { template: { cpu: '2', memory: '4Gi', labels } } }).hosts).toBe(1);
  });

  it('has the label of its pool on the hosts, and their taints', () => {
    const picky = makePod({ name: 'picky' });
    const ofPool = (name: string): Pod => ({
      ...picky,
      spec: { ...picky.spec, nodeSelector: { [nodePoolLabel]: name } },
    });
    expect(ask([node, ofPool('burst')]).hosts).toBe(1);
    expect(ask([node, ofPool('other')]).reason).toBe('WouldNotHelp');
    const taints = [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }];
    const tolerant = (key: string): Pod => ({
      ...ofPool('burst'),
      spec: { ...ofPool('burst').spec, tolerations: [{ key, operator: 'Exists' }] },
    });
    const template = { cpu: '2', memory: '4Gi', taints };
    expect(ask([node, tolerant('gpu')], { spec: { template } }).hosts).toBe(1);
    expect(ask([node, tolerant('other')], { spec: { template } }).reason).toBe('WouldNotHelp');
  });

  it('counts hosts that are on their way, of whatever pool', () => {
    const { template } = poolOf().spec;
    expect(ask([node, ...waiting(4)], { upcoming: [{ pool: 'burst', template, count: 1 }] }).reason).toBe('NoPodsWait');
    expect(ask([node, ...waiting(5)], { upcoming: [{ pool: 'other', template, count: 1 }] }).hosts).toBe(1);
  });

  it('lets pods wait for as long as the pool says', () => {
    const pods = waiting(2).map((object) => ({
      ...object,
      metadata: { ...object.metadata, creationTimestamp: new Date(nowMs - 3_000).toISOString() },
    }));
    const question = { spec: { scaleUp: { delaySeconds: 5 } } };
    expect(ask([node, ...pods], question)).toMatchObject({ hosts: 0, reason: 'Delaying', recheckAfterMs: 2_000 });
    expect(ask([node, ...pods], { ...question, nowMs: nowMs + 2_000 }).hosts).toBe(1);
  });
});

describe('a host that could go', () => {
  const host = makeNode({ name: 'burst-1', cpu: '2', memory: '4Gi' });

  function dispensable(objects: readonly KubernetesObject[], policy = 'WhenEmptyOrUnderutilized') {
    const source = makeSimulationSource([node, host, ...objects]);
    const podsByNode = (name: string) =>
      source
        .lister('pods')
        .list()
        .filter(({ spec }) => spec.nodeName === name);
    const pool = poolOf({ scaleDown: { policy } });
    const budgets = source.lister('poddisruptionbudgets.policy').list();
    return runToEnd(findDispensable(source, { pool, nodeNames: ['burst-1'], podsByNode, budgets })).get('burst-1');
  }

  it('is one without pods', () => {
    expect(dispensable([])).toMatchObject({ isDispensable: true, pods: 0 });
    expect(dispensable([], 'WhenEmpty')?.isDispensable).toBe(true);
  });

  it('is one whose pods find room elsewhere, where the policy says so', () => {
    const few = deploymentOf({ name: 'web', cpu: '500m', on: ['burst-1', 'burst-1'] });
    expect(dispensable(few)).toMatchObject({ isDispensable: true, pods: 2 });
    expect(dispensable(few, 'WhenEmpty')?.isDispensable).toBe(false);
    const many = deploymentOf({ name: 'web', cpu: '500m', on: ['burst-1', 'burst-1', 'burst-1'] });
    expect(dispensable(many)).toMatchObject({ isDispensable: false });
    expect(dispensable(many)?.message).toContain('would not all find room elsewhere');
  });

  it('is none with pods that a drain would lose or must not take', () => {
    const bare = makePod({ name: 'bare', nodeName: 'burst-1' });
    expect(dispensable([bare])?.message).toContain('it has no controller');
    const [first, ...others] = deploymentOf({ name: 'web', cpu: '100m', on: ['burst-1'] });
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'all', namespace: 'default', uid: 'b', resourceVersion: '1', creationTimestamp: '' },
      spec: { selector: {} },
      status: { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
    };
    const running = others.map((object) =>
      object.kind === 'Pod'
        ? { ...object, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }
        : object,
    );
    expect(dispensable([...(first ? [first] : []), ...running, budget])?.message).toContain(
      'The disruption budget all',
    );
  });
});
