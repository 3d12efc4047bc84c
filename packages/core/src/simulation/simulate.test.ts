import type { KubernetesObject, SimulationChange, SimulationSpec } from '@gantry/api-types';
import { makeDaemonSet, makeDeployment, makeNode, makePod, makeStatefulSet } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { newDaemonPod } from '../reconcile/daemon-pod.ts';
import { controllerReference } from '../reconcile/owner-references.ts';
import { newStatefulPod } from '../reconcile/stateful-set-identity.ts';
import { deploymentOf, makeClaim, makeClass, makeSimulationSource, makeVolume } from '../testing/index.ts';
import { runToEnd, simulate } from './simulate.ts';

function ask(objects: readonly KubernetesObject[], changes: SimulationChange[] = [], spec: SimulationSpec = {}) {
  return runToEnd(simulate(makeSimulationSource(objects), { ...spec, changes })).status;
}

const web = { kind: 'Deployment', name: 'web' } as const;
const three = ['node-1', 'node-2', 'node-3'];
const nodes = (cpu = '1') => three.map((name) => makeNode({ name, cpu }));

describe('scaling in a simulation', () => {
  it('says how many fit, where, and why the others wait', () => {
    const status = ask(
      [...nodes(), ...deploymentOf({ name: 'web', cpu: '250m', on: ['node-1'] })],
      [{ type: 'scale', workload: web, replicas: 15 }],
    );
    expect(status.counts).toMatchObject({ placed: 11, waiting: 3 });
    expect(status.workloads).toEqual([
      { kind: 'Deployment', namespace: 'default', name: 'web', replicas: 15, fitting: 12, waiting: 3 },
    ]);
    expect(status.summary[0]).toBe(
      'web (Deployment): 12 of 15 fit, 3 wait: each needs 250m cpu, and no node that suits has any left',
    );
    expect(status.placements.filter(({ nodeName }) => nodeName === 'node-2')).toHaveLength(4);
    expect(status.placements[0]).toMatchObject({ isNew: true, nextBest: { nodeName: 'node-3' } });
    expect(status.waits).toMatchObject([{ count: 3, newPods: 3, workload: { name: 'web' }, nodesTotal: 3 }]);
    expect(status.waits[0]?.nodes[0]?.refusals).toMatchObject([
      { plugin: 'NodeResourcesFit', resource: 'cpu', need: 250, free: 0, short: 250 },
    ]);
  });

  it('counts the pods of a template that another change of the same question gave it', () => {
    const status = ask(
      [...nodes(), ...deploymentOf({ name: 'web', cpu: '300m', on: [] })],
      [
        { type: 'setRequests', workload: web, requests: { cpu: '100m' }, inPlace: false },
        { type: 'scale', workload: web, replicas: 1 },
        { type: 'setRequests', workload: web, requests: { cpu: '200m' }, inPlace: true },
      ],
    );
    expect(status.workloads).toMatchObject([{ name: 'web', replicas: 1, fitting: 1, waiting: 0 }]);
  });

  it('teaches fragmentation: free in total, but in no one place', () => {
    const status = ask(
      [...nodes('1'), ...deploymentOf({ name: 'web', cpu: '400m', on: [] })],
      [{ type: 'scale', workload: web, replicas: 8 }],
    );
    expect(status.summary[0]).toBe(
      'web (Deployment): 6 of 8 fit, 2 wait: each needs 400m cpu, the largest cpu hole left is 200m (node-1); 600m is free in total but split over 3 nodes',
    );
  });

  it('takes the pods that the controller would take', () => {
    const [deployment, replicaSet, ...pods] = deploymentOf({
      name: 'web',
      cpu: '100m',
      on: ['node-1', 'node-1', 'node-2'],
    });
    const objects = [...nodes(), deployment, replicaSet, ...pods] as KubernetesObject[];
    const status = ask(objects, [{ type: 'scale', workload: web, replicas: 2 }]);
    // Two on node-1: one of those is doubled up.
    expect(status.deleted).toEqual([`default/${pods[0]?.metadata.name}`]);
    expect(status.nodes.find(({ name }) => name === 'node-1')).toMatchObject({
      before: { pods: 2 },
      after: { pods: 1 },
    });
  });

  it('changes nothing of the real state', () => {
    const source = makeSimulationSource([...nodes(), ...deploymentOf({ name: 'web', cpu: '250m', on: ['node-1'] })]);
    const before = source.snapshot.node('node-1')?.pods.size;
    runToEnd(
      simulate(source, {
        changes: [
          { type: 'scale', workload: web, replicas: 9 },
          { type: 'removeNode', node: 'node-2' },
        ],
      }),
    );
    expect(source.snapshot.node('node-1')?.pods.size).toBe(before);
    expect(source.snapshot.nodeCount).toBe(3);
  });

  it('makes the ordinals of a StatefulSet one by one', () => {
    const set = makeStatefulSet({ name: 'db', cpu: '600m', replicas: 0 });
    const status = ask(
      [...nodes(), set],
      [{ type: 'scale', workload: { kind: 'StatefulSet', name: 'db' }, replicas: 5 }],
    );
    expect(status.placements.map(({ pod }) => pod)).toEqual(['default/db-0', 'default/db-1', 'default/db-2']);
    expect(status.waits.map(({ pods }) => pods)).toEqual([['default/db-3'], ['default/db-4']]);
    expect(status.waits[1]?.text).toBe('waits for pod db-3, which comes before it');
  });

  it('honours anti-affinity and queues by priority', () => {
    const labelSelector = { matchLabels: { app: 'web' } };
    const podAntiAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector }],
    };
    const status = ask(
      [...nodes(), ...deploymentOf({ name: 'web', on: [], template: { affinity: { podAntiAffinity } } })],
      [{ type: 'scale', workload: web, replicas: 4 }],
    );
    expect(status.workloads[0]).toMatchObject({ fitting: 3, waiting: 1 });
    expect(status.waits[0]?.text).toContain('anti-affinity');
  });

  it('refuses what does not exist, by its place in the question', () => {
    expect(() =>
      ask(nodes(), [
        { type: 'removeNode', node: 'node-1' },
        { type: 'scale', workload: web, replicas: 1 },
      ]),
    ).toThrow('spec.changes[1]: deployments.apps "web" not found in the namespace "default"');
  });
});

describe('losing a node in a simulation', () => {
  it('moves what controllers make anew and loses the rest', () => {
    const daemonSet = makeDaemonSet({ name: 'log' });
    const daemonPod = makePod({
      ...newDaemonPod(daemonSet, 'node-2', 'h').metadata,
      name: 'log-1',
      nodeName: 'node-2',
      isReady: true,
    } as never);
    const bare = makePod({ name: 'bare', nodeName: 'node-2', isReady: true });
    const objects = [
      ...nodes(),
      daemonSet,
      daemonPod,
      bare,
      ...deploymentOf({ name: 'web', cpu: '250m', on: ['node-2', 'node-1'] }),
    ];
    const status = ask(objects, [{ type: 'removeNode', node: 'node-2' }]);
    expect(status.counts).toMatchObject({ moved: 1, lost: 2, waiting: 0 });
    expect(status.placements[0]).toMatchObject({ movedFrom: 'node-2', nodeName: 'node-3' });
    expect(status.lost.map(({ reason }) => reason)).toEqual([
      'a daemon of log: it belongs to its node',
      'a bare pod: nobody makes it anew',
    ]);
    expect(status.nodes.find(({ name }) => name === 'node-2')).toMatchObject({ change: 'removed', after: { pods: 0 } });
    expect(status.summary).toContain('without node-2: 1 of its pods move, 2 are lost');
  });

  it('leaves waiting what its volume pins', () => {
    const set = makeStatefulSet({ name: 'db', replicas: 1 });
    const claim = makeClaim({
      name: 'data-db-0',
      className: 'local',
      volumeName: 'v',
      phase: 'Bound',
      annotations: { 'pv.kubernetes.io/bind-completed': 'yes' },
      spec: { volumeName: 'v' },
    });
    const template = { ...claim, metadata: { ...claim.metadata, name: 'data' } };
    const withClaims = { ...set, spec: { ...set.spec, volumeClaimTemplates: [template] } };
    const draft = newStatefulPod(withClaims, 0, set.spec.template, 'r');
    const pod = makePod({
      name: 'db-0',
      isReady: true,
      ownerReferences: [controllerReference(withClaims)],
      spec: { ...draft.spec, nodeName: 'node-2' },
    });
    const volume = makeVolume({
      name: 'v',
      className: 'local',
      node: 'node-2',
      phase: 'Bound',
      claimRef: { namespace: 'default', name: 'data-db-0', uid: claim.metadata.uid },
    });
    const status = ask(
      [...nodes(), makeClass({ name: 'local' }), claim, volume, withClaims, pod],
      [{ type: 'removeNode', node: 'node-2' }],
    );
    expect(status.waits).toMatchObject([{ pods: ['default/db-0'], movedFrom: ['node-2'] }]);
    expect(status.waits[0]?.text).toContain('volume node affinity conflict');
  });

  it('keeps daemons on a drained node', () => {
    const daemonSet = makeDaemonSet({ name: 'log' });
    const daemonPod = makePod({
      name: 'log-1',
      nodeName: 'node-2',
      isReady: true,
      ownerReferences: [controllerReference(daemonSet)],
    });
    const status = ask(
      [...nodes(), daemonSet, daemonPod, ...deploymentOf({ name: 'web', cpu: '250m', on: ['node-2'] })],
      [{ type: 'drainNode', node: 'node-2' }],
    );
    expect(status.counts).toMatchObject({ moved: 1, lost: 0 });
    expect(status.nodes.find(({ name }) => name === 'node-2')).toMatchObject({ after: { pods: 1 } });
  });
});

describe('other changes in a simulation', () => {
  const full = () => [...nodes(), ...deploymentOf({ name: 'web', cpu: '600m', on: [...three, undefined, undefined] })];

  it('tells what waits now when nothing changes', () => {
    const status = ask(full());
    expect(status.counts).toMatchObject({ placed: 0, waiting: 2 });
    expect(status.workloads).toMatchObject([{ replicas: 5, fitting: 3, waiting: 2 }]);
  });

  it('adds nodes with the daemons that start there', () => {
    const status = ask(
      [...full(), makeDaemonSet({ name: 'log', cpu: '300m' })],
      [{ type: 'addNodes', count: 2, cpu: '1', memory: '2Gi' }],
    );
    // 300m + 600m on each.
    expect(status.counts).toMatchObject({ placed: 4, waiting: 0 });
    expect(status.nodes.filter(({ change }) => change === 'added')).toMatchObject([
      { name: 'new-node-1', after: { cpuMilli: 900, pods: 2 } },
      { name: 'new-node-2', after: { cpuMilli: 900, pods: 2 } },
    ]);
  });

  it('makes all pods anew with other requests', () => {
    const status = ask(full(), [{ type: 'setRequests', workload: web, requests: { cpu: '500m' } }]);
    expect(status.workloads).toMatchObject([{ replicas: 5, fitting: 5, waiting: 0 }]);
    expect(status.counts.moved).toBe(3);
  });

  it('resizes in place as far as the nodes have room', () => {
    const objects = [
      ...nodes(),
      ...deploymentOf({ name: 'web', cpu: '600m', on: ['node-1', 'node-2'] }),
      makePod({ name: 'other', cpu: '300m', nodeName: 'node-2' }),
    ];
    const status = ask(objects, [{ type: 'setRequests', workload: web, requests: { cpu: '800m' }, inPlace: true }]);
    expect(status.waits.map(({ text }) => text)).toEqual([expect.stringContaining('cpu: wants 800m, node-2 has 700m')]);
    expect(status.nodes.find(({ name }) => name === 'node-1')?.after.cpuMilli).toBe(800);
    expect(status.nodes.find(({ name }) => name === 'node-2')?.after.cpuMilli).toBe(900);
  });

  it('uncordons, labels, tolerates and evicts', () => {
    const tainted = makeNode({ name: 'gpu', cpu: '1', taints: [{ key: 'gpu', value: 'only', effect: 'NoSchedule' }] });
    const cordoned = makeNode({ name: 'c', cpu: '1', isUnschedulable: true });
    const pod = makePod({ name: 'p', cpu: '600m' });
    const waits = (objects: KubernetesObject[], change: SimulationChange) => ask(objects, [change]).counts.waiting;
    const toleration = { key: 'gpu', operator: 'Exists' };
    expect(waits([tainted, pod], { type: 'addToleration', pod: 'default/p', toleration })).toBe(0);
    expect(waits([cordoned, pod], { type: 'cordonNode', node: 'c', unschedulable: false })).toBe(0);
    const picky = makePod({ name: 'p', nodeSelector: { disk: 'ssd' } });
    expect(waits([makeNode({ name: 'n' }), picky], { type: 'labelNode', node: 'n', labels: { disk: 'ssd' } })).toBe(0);
    const low = makePod({ name: 'low', cpu: '800m', nodeName: 'node-1', isReady: true });
    const one = makeNode({ name: 'node-1', cpu: '1' });
    expect(ask([one, low, pod], [{ type: 'evictPods', pods: ['default/low'] }]).counts).toMatchObject({
      lost: 1,
      waiting: 0,
    });
  });

  it('tells where pods of a new template would go', () => {
    const { template } = makeDeployment({ cpu: '700m' }).spec;
    const status = ask(nodes(), [{ type: 'addPods', name: 'new', template, count: 4 }]);
    expect(status.counts).toMatchObject({ placed: 3, waiting: 1 });
  });
});
