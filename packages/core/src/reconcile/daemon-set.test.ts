import type { DaemonSet, Node, Pod } from '@gantry/api-types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTime } from '../lib/timestamp.ts';
import { compareNames } from '../scheduler/names.ts';
import { newDaemonPod, nodeNameOf } from './daemon-pod.ts';
import { type DaemonSetPlan, planDaemonSet } from './daemon-set.ts';
import { planDaemonSetStatus } from './daemon-set-status.ts';
import { startMs, testDaemonSet, testNode } from './test-builders.ts';

/** Nodes and daemons, and what the controller would do with them. */
class DaemonWorld {
  daemonSet: DaemonSet;
  nodes: Node[];
  pods: Pod[] = [];
  hash = 'one';
  #counter = 0;

  constructor(daemonSet: DaemonSet, nodes: readonly Node[]) {
    this.daemonSet = daemonSet;
    this.nodes = [...nodes];
  }

  pass(): DaemonSetPlan {
    const { daemonSet, nodes, pods, hash } = this;
    const plan = planDaemonSet({ daemonSet, nodes, pods, hash, nowMs: startMs, mayReplace: () => true });
    for (const pod of plan.deletePods) {
      this.#replace({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: formatTime(startMs) } });
    }
    for (const node of plan.createOn) {
      this.#counter += 1;
      const pod = newDaemonPod(daemonSet, node, hash);
      const name = `agent-${this.#counter}`;
      const creationTimestamp = formatTime(startMs + this.#counter * 1000);
      const metadata = { ...pod.metadata, name, uid: name, resourceVersion: '1', creationTimestamp };
      this.pods.push({ ...pod, metadata, status: { phase: 'Pending' } });
    }
    return plan;
  }

  setReady(pod: Pod, isReady = true): void {
    const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
    this.#replace({ ...pod, status: { phase: 'Running', conditions } });
  }

  allReady(): void {
    for (const pod of this.pods) this.setReady(pod);
  }

  removeLeaving(): void {
    this.pods = this.pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  settle(): void {
    for (let round = 0; round < 100; round += 1) {
      this.removeLeaving();
      this.allReady();
      const { createOn, deletePods } = this.pass();
      if (createOn.length === 0 && deletePods.length === 0) return;
    }
    throw new Error('the DaemonSet never came to rest');
  }

  places(): string[] {
    return this.pods.map((pod) => nodeNameOf(pod) ?? '?').toSorted(compareNames);
  }

  status() {
    const { daemonSet, nodes, pods, hash } = this;
    return planDaemonSetStatus({ daemonSet, nodes, pods, hash, nowMs: startMs }).status;
  }

  #replace(pod: Pod): void {
    this.pods = this.pods.map((other) => (other.metadata.name === pod.metadata.name ? pod : other));
  }
}

const three = [testNode('n1'), testNode('n2'), testNode('n3')];
const taint = (key: string, effect: string) => ({ taints: [{ key, effect }] });
const onNodes = (spec: object) =>
  testDaemonSet({ template: { metadata: { labels: { app: 'web' } }, spec: { containers: [], ...spec } } });
const rolling = (rollingUpdate: object) =>
  testDaemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { ...rollingUpdate } } });

describe('a DaemonSet', () => {
  it('has one pod on each node, for the scheduler to bind there', () => {
    const world = new DaemonWorld(testDaemonSet(), three);
    world.settle();
    expect(world.places()).toEqual(['n1', 'n2', 'n3']);
    expect(world.pods[0]?.spec.nodeName).toBeUndefined();
    world.nodes.push(testNode('n4'));
    world.settle();
    expect(world.places()).toEqual(['n1', 'n2', 'n3', 'n4']);
  });

  it.each<[string, DaemonSet, Node, boolean]>([
    [
      'a cordoned node',
      testDaemonSet(),
      testNode('n', { unschedulable: true, ...taint('node.kubernetes.io/unschedulable', 'NoSchedule') }),
      true,
    ],
    [
      'a node that is not ready',
      testDaemonSet(),
      testNode('n', taint('node.kubernetes.io/not-ready', 'NoExecute')),
      true,
    ],
    [
      'a node under pressure',
      testDaemonSet(),
      testNode('n', taint('node.kubernetes.io/memory-pressure', 'NoSchedule')),
      true,
    ],
    ['a node with a taint of its own', testDaemonSet(), testNode('n', taint('gpu', 'NoSchedule')), false],
    [
      'a node whose taint it tolerates',
      onNodes({ tolerations: [{ operator: 'Exists' }] }),
      testNode('n', taint('gpu', 'NoSchedule')),
      true,
    ],
    ['a node without its label', onNodes({ nodeSelector: { disk: 'ssd' } }), testNode('n'), false],
    ['a node with its label', onNodes({ nodeSelector: { disk: 'ssd' } }), testNode('n', {}, { disk: 'ssd' }), true],
    ['another node than its own', onNodes({ nodeName: 'm' }), testNode('n'), false],
    [
      'a node that its affinity excludes',
      onNodes({
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }],
            },
          },
        },
      }),
      testNode('n'),
      false,
    ],
  ])('on %s', (_, daemonSet, node, isWanted) => {
    const world = new DaemonWorld(daemonSet, [node]);
    world.settle();
    expect(world.places()).toEqual(isWanted ? ['n'] : []);
    expect(world.status().desiredNumberScheduled).toBe(isWanted ? 1 : 0);
  });

  it('stays where a new taint only forbids scheduling, and is counted as misplaced; goes where it must not be', () => {
    const world = new DaemonWorld(testDaemonSet(), [testNode('n1')]);
    world.settle();
    world.nodes = [testNode('n1', taint('gpu', 'NoSchedule'))];
    world.settle();
    expect(world.status()).toMatchObject({ desiredNumberScheduled: 0, numberMisscheduled: 1 });
    world.nodes = [testNode('n1', taint('gpu', 'NoExecute'))];
    world.settle();
    expect(world.places()).toEqual([]);
  });

  it('replaces a pod that failed, with a warning', () => {
    const world = new DaemonWorld(testDaemonSet(), [testNode('n1')]);
    world.settle();
    world.pods = world.pods.map((pod) => ({ ...pod, status: { phase: 'Failed' } }));
    const { events, deletePods } = world.pass();
    expect(deletePods).toHaveLength(1);
    expect(events[0]).toMatchObject({ type: 'Warning', reason: 'FailedDaemonPod' });
  });

  it('counts what it has', () => {
    const world = new DaemonWorld(testDaemonSet(), three);
    world.settle();
    const [first] = world.pods;
    if (first) world.setReady(first, false);
    world.hash = 'two';
    expect(world.status()).toEqual({
      currentNumberScheduled: 3,
      desiredNumberScheduled: 3,
      numberMisscheduled: 0,
      numberReady: 2,
      numberAvailable: 2,
      numberUnavailable: 1,
      observedGeneration: 1,
    });
  });
});

describe('the update of a DaemonSet', () => {
  it('replaces one at a time and waits for the new one', () => {
    const world = new DaemonWorld(testDaemonSet(), three);
    world.settle();
    world.hash = 'two';
    expect(world.pass().deletePods).toHaveLength(1);
    world.removeLeaving();
    expect(world.pass().createOn).toHaveLength(1);
    expect(world.pass()).toMatchObject({ createOn: [], deletePods: [] });
    world.settle();
    expect(world.status().updatedNumberScheduled).toBe(3);
  });

  it('replaces as many as maxUnavailable allows, and broken ones in any case', () => {
    const nodes = Array.from({ length: 10 }, (_, index) => testNode(`n${index}`));
    const world = new DaemonWorld(rolling({ maxUnavailable: '25%', maxSurge: 0 }), nodes);
    world.settle();
    world.hash = 'two';
    for (const pod of world.pods.slice(0, 2)) world.setReady(pod, false);
    expect(world.pass().deletePods).toHaveLength(3);
  });

  it('with a surge starts the new one beside the old one, which goes when the new one is available', () => {
    const world = new DaemonWorld(rolling({ maxUnavailable: 0, maxSurge: 1 }), three);
    world.settle();
    world.hash = 'two';
    expect(world.pass()).toMatchObject({ createOn: ['n1'], deletePods: [] });
    expect(world.pass()).toMatchObject({ createOn: [], deletePods: [] });
    world.allReady();
    expect(world.pass().deletePods).toHaveLength(1);
    world.settle();
    expect(world.status()).toMatchObject({ updatedNumberScheduled: 3, numberReady: 3 });
    expect(world.places()).toEqual(['n1', 'n2', 'n3']);
  });

  it('touches nothing with OnDelete', () => {
    const world = new DaemonWorld(testDaemonSet({ updateStrategy: { type: 'OnDelete' } }), three);
    world.settle();
    world.hash = 'two';
    expect(world.pass()).toMatchObject({ createOn: [], deletePods: [] });
  });
});

it('a DaemonSet comes to rest with one new pod on each eligible node, never beyond its limits', () => {
  const limits = fc.constantFrom(
    { maxUnavailable: 1, maxSurge: 0 },
    { maxUnavailable: 3, maxSurge: 0 },
    { maxUnavailable: 0, maxSurge: 2 },
  );
  const step = fc.constantFrom('pass', 'ready', 'gone', 'update', 'node', 'drop-node', 'taint') as fc.Arbitrary<string>;
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 40 }), (rollingUpdate, steps) => {
      const world = new DaemonWorld(rolling(rollingUpdate), three);
      world.settle();
      for (const [index, name] of steps.entries()) {
        if (name === 'pass') world.pass();
        else if (name === 'ready') world.allReady();
        else if (name === 'gone') world.removeLeaving();
        else if (name === 'update') world.hash = `hash-${index}`;
        else if (name === 'node') world.nodes.push(testNode(`extra-${index}`));
        else if (name === 'drop-node') world.nodes = world.nodes.slice(1);
        else
          world.nodes = world.nodes.map((node, at) =>
            at === 0 ? testNode(node.metadata.name, taint('gpu', 'NoExecute')) : node,
          );
        const perNode = Map.groupBy(world.pods, nodeNameOf);
        for (const pods of perNode.values()) {
          const living = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
          expect(living.length).toBeLessThanOrEqual(rollingUpdate.maxSurge > 0 ? 2 : 1);
        }
      }
      world.settle();
      const names = world.nodes.filter(({ spec }) => !spec.taints).map(({ metadata }) => metadata.name);
      const onNodesThere = world.pods.filter((pod) =>
        world.nodes.some(({ metadata }) => metadata.name === nodeNameOf(pod)),
      );
      expect(new Set(onNodesThere.map(nodeNameOf))).toEqual(new Set(names));
      expect(onNodesThere).toHaveLength(names.length);
      expect(onNodesThere.every((pod) => pod.metadata.labels?.['controller-revision-hash'] === world.hash)).toBe(true);
    }),
  );
});
