import type { KubernetesObject, SimulationSpec } from '@gantry/api-types';
import { makeNode, makePod } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { deploymentOf, makeSimulationSource } from '../../testing/index.ts';
import { answerSimulation } from '../answer-simulation.ts';
import { runToEnd } from '../simulate.ts';

function fixesFor(objects: readonly KubernetesObject[], spec: SimulationSpec = {}) {
  return runToEnd(answerSimulation(makeSimulationSource(objects), { ...spec, suggest: true })).fixes ?? [];
}

const textsFor = (...question: Parameters<typeof fixesFor>) => fixesFor(...question).map(({ text }) => text);
const used = (name: string, cpu: string, node: string, priority = 0) =>
  makePod({ name, cpu, nodeName: node, isReady: true, spec: { priority } });

describe('fixes for a pod that waits', () => {
  it('lowers the request to the nearest miss, or adds a host', () => {
    const objects = [
      makeNode({ name: 'a', cpu: '1', memory: '4Gi' }),
      makeNode({ name: 'b', cpu: '1', memory: '4Gi' }),
      used('x', '820m', 'a'),
      used('y', '680m', 'b'),
      makePod({ name: 'p', cpu: '500m' }),
    ];
    const fixes = fixesFor(objects);
    expect(fixes.map(({ text }) => text)).toEqual([
      'lower the cpu request to 320m: it fits on b',
      'add a host of 1 cpu and 4Gi: it fits on new-node-1',
    ]);
    expect(fixes[0]).toMatchObject({
      changes: [{ type: 'setRequests', pod: 'default/p', container: 'main', requests: { cpu: '320m' } }],
      patch: { kind: 'Pod', name: 'p', yaml: expect.stringContaining('cpu: "320m"') },
      command: expect.stringContaining('kubectl patch pod p -n default --subresource resize'),
    });
  });

  it('finds the request with which all replicas fit, and how many hosts they need', () => {
    const objects = [
      ...['a', 'b'].map((name) => makeNode({ name, cpu: '1', memory: '4Gi' })),
      ...deploymentOf({ name: 'web', cpu: '250m', on: [] }),
    ];
    const changes = [{ type: 'scale', workload: { kind: 'Deployment', name: 'web' }, replicas: 20 } as const];
    const fixes = fixesFor(objects, { changes });
    // 20 on two cpus: 100m each. The search stops near it.
    const lower = fixes.find(({ type }) => type === 'setRequests');
    expect(lower).toMatchObject({ fits: 12, waiting: 12 });
    expect(lower?.text).toMatch(/^lower the cpu request to (95|100)m \(its pods start anew\): all 12 fit$/);
    expect(lower?.command).toMatch(/^kubectl set resources deployment\/web -n default -c main --requests=cpu=/);
    expect(fixes.find(({ type }) => type === 'addNodes')?.text).toBe('add 3 hosts of 1 cpu and 4Gi: all 12 fit');
  });

  it('uncordons, labels and tolerates where that alone is in the way', () => {
    const cordoned = makeNode({ name: 'c', isUnschedulable: true });
    expect(textsFor([cordoned, makePod({ name: 'p' })])[0]).toBe('uncordon c: it fits on c');
    const picky = makePod({ name: 'p', nodeSelector: { disk: 'ssd' } });
    const [label, host] = fixesFor([makeNode({ name: 'n' }), picky]);
    expect(label).toMatchObject({
      text: 'label n with disk=ssd: it fits on n',
      command: 'kubectl label node n disk=ssd --overwrite',
    });
    expect(host?.changes).toMatchObject([{ type: 'addNodes', labels: { disk: 'ssd' } }]);
    const tainted = makeNode({ name: 't', taints: [{ key: 'gpu', value: 'only', effect: 'NoSchedule' }] });
    const [tolerate] = fixesFor([tainted, ...deploymentOf({ name: 'web', on: [undefined] })]);
    expect(tolerate).toMatchObject({
      text: 'tolerate the taint gpu=only:NoSchedule: it fits on t',
      patch: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    });
    expect(tolerate?.patch?.patch).toEqual({
      spec: {
        template: { spec: { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'only', effect: 'NoSchedule' }] } },
      },
    });
  });

  it('evicts as few pods of lower priority as will do, and says who waits instead', () => {
    const low = deploymentOf({ name: 'low', cpu: '300m', on: ['a', 'a'] });
    const objects = [
      makeNode({ name: 'a', cpu: '1' }),
      ...low,
      used('high', '300m', 'a', 200),
      makePod({ name: 'p', cpu: '400m', spec: { priority: 100 } }),
    ];
    const fix = fixesFor(objects).find(({ type }) => type === 'evictPods');
    expect(fix?.text).toMatch(
      /^evict 1 pod of lower priority from a \(default\/low-\w+-0\): it fits on a; 1 other pod would wait instead$/,
    );
    expect(fix?.command).toMatch(/^kubectl delete pod -n default low-\w+-0$/);
  });

  it('offers nothing that the scheduler would refuse', () => {
    // The label is there, the room is not: labelling another full node does not help.
    const objects = [
      makeNode({ name: 'a', cpu: '1' }),
      used('x', '1', 'a'),
      makePod({ name: 'p', cpu: '500m', nodeSelector: { 'kubernetes.io/hostname': 'gone' } }),
    ];
    expect(textsFor(objects)).toEqual([]);
    expect(fixesFor([makeNode({ name: 'a' }), makePod({ name: 'p' })])).toEqual([]);
  });

  it('looks at the pod that is named', () => {
    const objects = [
      makeNode({ name: 'a', cpu: '1' }),
      makePod({ name: 'big', cpu: '3' }),
      makePod({ name: 'picky', nodeSelector: { disk: 'ssd' } }),
    ];
    expect(textsFor(objects, { pod: 'default/picky' })).toContain('label a with disk=ssd: it fits on a');
    expect(fixesFor(objects, { pod: 'default/big' }).map(({ type }) => type)).toEqual(['setRequests', 'addNodes']);
  });
});
