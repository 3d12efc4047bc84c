import type { Node, Pod, Taint } from '@gantry/api-types';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import { makeNode, makePod } from '@gantry/api-types/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeClaim, makeClass, makeVolume } from '../testing/storage.ts';
import { annotations } from '../volumes/names.ts';
import { schedulePod } from './evaluate.ts';
import { PodScheduler } from './pod-scheduler.ts';
import { defaultPlugins } from './registry.ts';
import { ClusterSnapshot } from './snapshot.ts';

const zoneKey = 'topology.kubernetes.io/zone';
const hostKey = 'kubernetes.io/hostname';
const taints: Taint[] = [
  { key: 'dedicated', value: 'db', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
  { key: 'busy', effect: 'PreferNoSchedule' },
];

const nodeOptions = fc.record({
  cpu: fc.constantFrom('500m', '1', '2'),
  memory: fc.constantFrom('512Mi', '1Gi', '3Gi'),
  pods: fc.constantFrom('2', '5', '110'),
  zone: fc.constantFrom('', 'a', 'b', 'c'),
  disk: fc.constantFrom('ssd', 'hdd'),
  isUnschedulable: fc.nat(9).map((n) => n === 0),
  taints: fc.nat(5).map((n) => (n < 3 ? taints.slice(n, n + 1) : [])),
  hasImage: fc.boolean(),
});

function buildNode(
  index: number,
  { zone, disk, hasImage, ...rest }: typeof nodeOptions extends fc.Arbitrary<infer T> ? T : never,
): Node {
  return makeNode({
    ...rest,
    name: `node-${index}`,
    labels: { disk },
    ...(zone ? { zone } : {}),
    status: {
      allocatable: { cpu: rest.cpu, memory: rest.memory, pods: rest.pods },
      images: hasImage ? [{ names: ['example/app:1'], sizeBytes: 400_000_000 }] : [],
    },
  });
}

const podOptions = fc.record({
  cpu: fc.constantFrom('0', '100m', '300m', '900m'),
  memory: fc.constantFrom('0', '64Mi', '500Mi'),
  group: fc.constantFrom('red', 'green', 'blue'),
  wantsSsd: fc.nat(4).map((n) => n === 0),
  avoidsHdd: fc.nat(4).map((n) => n === 0),
  prefersSsd: fc.boolean(),
  isOwned: fc.boolean(),
  hostPort: fc.constantFrom(0, 0, 0, 8080),
  toleratesAll: fc.nat(4).map((n) => n === 0),
  affinity: fc.constantFrom('none', 'none', 'none', 'anti-host', 'anti-zone', 'near-zone', 'prefer'),
  spread: fc.constantFrom('none', 'none', 'hard-zone', 'hard-host', 'soft-zone'),
  claim: fc.constantFrom('', '', '', '', 'bound', 'open', 'missing'),
});
type PodShape = typeof podOptions extends fc.Arbitrary<infer T> ? T : never;

function affinityOf({ affinity, avoidsHdd, prefersSsd, group }: PodShape): Pod['spec']['affinity'] {
  const labelSelector = { matchLabels: { group } };
  const host = { topologyKey: hostKey, labelSelector };
  const zone = { topologyKey: zoneKey, labelSelector };
  const term = { matchExpressions: [{ key: 'disk', operator: 'NotIn', values: ['hdd'] }] };
  const prefer = { weight: 7, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } };
  return {
    nodeAffinity: {
      ...(avoidsHdd ? { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } : {}),
      ...(prefersSsd ? { preferredDuringSchedulingIgnoredDuringExecution: [prefer] } : {}),
    },
    ...(affinity === 'near-zone' ? { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [zone] } } : {}),
    ...(affinity === 'anti-host'
      ? { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [host] } }
      : {}),
    ...(affinity === 'anti-zone'
      ? { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [zone] } }
      : {}),
    ...(affinity === 'prefer'
      ? {
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 20, podAffinityTerm: zone }],
          },
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 50, podAffinityTerm: host }],
          },
        }
      : {}),
  };
}

function buildPod(index: number, shape: PodShape): Pod {
  const { cpu, memory, group, spread } = shape;
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: group, uid: `rs-${group}`, controller: true };
  const constraint = {
    maxSkew: 1,
    topologyKey: spread.endsWith('zone') ? zoneKey : hostKey,
    whenUnsatisfiable: spread.startsWith('hard') ? 'DoNotSchedule' : 'ScheduleAnyway',
    labelSelector: { matchLabels: { group } },
  };
  return makePod({
    name: `pod-${index}`,
    cpu,
    memory,
    labels: { group },
    ...(shape.isOwned ? { ownerReferences: [owner] } : {}),
    ...(shape.wantsSsd ? { nodeSelector: { disk: 'ssd' } } : {}),
    ...(shape.toleratesAll ? { tolerations: [{ operator: 'Exists' }] } : {}),
    extra: shape.hostPort ? { ports: [{ containerPort: 80, hostPort: shape.hostPort, protocol: 'TCP' }] } : {},
    spec: {
      affinity: affinityOf(shape) ?? {},
      ...(spread === 'none' ? {} : { topologySpreadConstraints: [constraint] }),
      ...(shape.claim ? { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: shape.claim } }] } : {}),
    },
  });
}

/** Feasibility read off the objects alone, pod by pod and node by node, as the documentation of each field words it. */
function fitsByDefinition(pod: Pod, node: Node, nodes: readonly Node[], placed: readonly Pod[]): boolean {
  const on = placed.filter((other) => other.spec.nodeName === node.metadata.name);
  return (
    hasRoom(pod, node, on) &&
    isAdmitted(pod, node) &&
    !on.some((other) => portOf(pod) !== undefined && portOf(other) === portOf(pod)) &&
    meetsPodAffinity(pod, node, nodes, placed) &&
    meetsSpread(pod, node, nodes, placed) &&
    reachesClaim(pod, node, placed)
  );
}

/** The claim `bound` has its volume on node-1; `open` gets one where its first pod goes. */
function addClaims(snapshot: ClusterSnapshot): ClusterSnapshot {
  snapshot.changeVolumes((state) => {
    state.setStorageClass('local', makeClass());
    state.setVolume('volume', makeVolume({ node: 'node-1' }));
    const done = { [annotations.bindCompleted]: 'yes' };
    state.setClaim('default/bound', makeClaim({ name: 'bound', volumeName: 'volume', annotations: done }));
    state.setClaim('default/open', makeClaim({ name: 'open', className: 'local' }));
  });
  return snapshot;
}

const claimOf = (pod: Pod) => pod.spec.volumes?.[0]?.persistentVolumeClaim?.claimName;

function reachesClaim(pod: Pod, node: Node, placed: readonly Pod[]): boolean {
  switch (claimOf(pod)) {
    case undefined:
      return true;
    case 'bound':
      return node.metadata.name === 'node-1';
    case 'open':
      return placed.every((other) => claimOf(other) !== 'open' || other.spec.nodeName === node.metadata.name);
    default:
      return false;
  }
}

const requestsOf = (pod: Pod) => pod.spec.containers[0]?.resources?.requests ?? {};
const portOf = (pod: Pod) => pod.spec.containers[0]?.ports?.find((port) => port.hostPort)?.hostPort;
const labelOf = (node: Node | undefined, key: string) => node?.metadata.labels?.[key];
const groupOf = (pod: Pod) => pod.metadata.labels?.group;

function hasRoom(pod: Pod, node: Node, on: readonly Pod[]): boolean {
  const sum = (pods: readonly Pod[], key: string, parse: (text: string) => number) =>
    pods.reduce((total, each) => total + parse(requestsOf(each)[key] ?? '0'), 0);
  const { cpu = '0', memory = '0', pods = '0' } = node.status.allocatable ?? {};
  const fits = (key: string, parse: (text: string) => number, allocatable: string) => {
    const need = sum([pod], key, parse);
    return need === 0 || sum(on, key, parse) + need <= parse(allocatable);
  };
  return on.length < Number(pods) && fits('cpu', parseCpuMilli, cpu) && fits('memory', parseBytes, memory);
}

function isAdmitted(pod: Pod, node: Node): boolean {
  const toleratesAll = pod.spec.tolerations?.some((toleration) => toleration.operator === 'Exists') ?? false;
  const isKeptOut = node.spec.unschedulable || node.spec.taints?.some(({ effect }) => effect !== 'PreferNoSchedule');
  const avoidsHdd = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined;
  const disk = labelOf(node, 'disk');
  return (toleratesAll || !isKeptOut) && !(pod.spec.nodeSelector && disk !== 'ssd') && !(avoidsHdd && disk === 'hdd');
}

function meetsPodAffinity(pod: Pod, node: Node, nodes: readonly Node[], placed: readonly Pod[]): boolean {
  const nodeOf = (other: Pod) => nodes.find((each) => each.metadata.name === other.spec.nodeName);
  const present = placed.filter(nodeOf);
  const shares = (other: Pod, key: string) =>
    labelOf(node, key) !== undefined && labelOf(nodeOf(other), key) === labelOf(node, key);
  const avoided = (who: Pod) =>
    who.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const alike = present.filter((other) => groupOf(other) === groupOf(pod));
  if (avoided(pod).some((term) => alike.some((other) => shares(other, term.topologyKey)))) return false;
  if (alike.some((other) => avoided(other).some((term) => shares(other, term.topologyKey)))) return false;
  const wanted = pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return wanted.every((term) => {
    const isFirst = !alike.some((other) => labelOf(nodeOf(other), term.topologyKey) !== undefined);
    if (isFirst) return labelOf(node, term.topologyKey) !== undefined;
    return alike.some((other) => shares(other, term.topologyKey));
  });
}

function meetsSpread(pod: Pod, node: Node, nodes: readonly Node[], placed: readonly Pod[]): boolean {
  return (pod.spec.topologySpreadConstraints ?? []).every(({ topologyKey, whenUnsatisfiable, maxSkew }) => {
    if (whenUnsatisfiable !== 'DoNotSchedule') return true;
    const domain = labelOf(node, topologyKey);
    if (domain === undefined) return false;
    const counts = new Map<string, number>();
    for (const each of nodes) {
      const name = labelOf(each, topologyKey);
      const chosen = isAdmittedByLabels(pod, each);
      if (name === undefined || !chosen) continue;
      const here = placed.filter((p) => p.spec.nodeName === each.metadata.name && groupOf(p) === groupOf(pod)).length;
      counts.set(name, (counts.get(name) ?? 0) + here);
    }
    return (counts.get(domain) ?? 0) + 1 - Math.min(...counts.values()) <= maxSkew;
  });
}

function isAdmittedByLabels(pod: Pod, node: Node): boolean {
  const bare = { ...node, spec: {} };
  return isAdmitted(pod, bare);
}

const clusters = fc.record({
  nodes: fc.array(nodeOptions, { minLength: 0, maxLength: 8 }).map((all) => all.map((one, i) => buildNode(i, one))),
  pods: fc.array(podOptions, { minLength: 1, maxLength: 25 }).map((all) => all.map((one, i) => buildPod(i, one))),
});

function bound(pod: Pod, nodeName: string): Pod {
  return { ...pod, spec: { ...pod.spec, nodeName } };
}

describe('scheduling random pods on random clusters', () => {
  it('places a pod exactly where some node is feasible by definition, and never overcommits', () => {
    fc.assert(
      fc.property(clusters, ({ nodes, pods }) => {
        const snapshot = addClaims(new ClusterSnapshot());
        for (const node of nodes) snapshot.setNode(node);
        const scheduler = new PodScheduler(snapshot);
        const placed: Pod[] = [];
        for (const pod of pods) {
          const info = snapshot.factory.parse(pod);
          const result = scheduler.schedule(info);
          const feasible = nodes.filter((node) => fitsByDefinition(pod, node, nodes, placed));
          const names = feasible.map((node) => node.metadata.name);
          if (result.outcome === 'unschedulable') {
            expect(names).toEqual([]);
            continue;
          }
          expect(names).toContain(result.nodeName);
          expect(result.feasibleNodes).toBe(names.length);
          snapshot.assume(info, result.nodeName);
          placed.push(bound(pod, result.nodeName));
        }
        for (const node of nodes) {
          const { allocatable, requested, pods: on, allowedPods } = snapshot.node(node.metadata.name) ?? expect.fail();
          expect(requested.milliCpu).toBeLessThanOrEqual(allocatable.milliCpu);
          expect(requested.memoryBytes).toBeLessThanOrEqual(allocatable.memoryBytes);
          expect(on.size).toBeLessThanOrEqual(allowedPods);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('answers from its caches what asking every plugin about every node answers, node changes included', () => {
    const steps = fc.array(fc.record({ shape: fc.nat(2), node: nodeOptions, index: fc.nat(6), kind: fc.nat(9) }), {
      minLength: 5,
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.tuple(podOptions, podOptions, podOptions), steps, (shapes, all) => {
        const snapshot = addClaims(new ClusterSnapshot());
        const scheduler = new PodScheduler(snapshot);
        for (const [step, { shape, node, index, kind }] of all.entries()) {
          if (kind === 0) snapshot.removeNode(`node-${index}`);
          else if (kind <= 3) snapshot.setNode(buildNode(index, node));
          else if (kind === 4) snapshot.removePod(`pod-default-pod-${index}`);
          const info = snapshot.factory.parse(buildPod(step, shapes[shape] ?? shapes[0]));
          const result = scheduler.schedule(info);
          // A clone remembers nothing, so that what the snapshot itself remembers is checked too.
          const expected = schedulePod(info, step % 2 === 0 ? snapshot : snapshot.clone(), defaultPlugins);
          if (result.outcome === 'unschedulable') expect({ message: result.message }).toEqual(expected);
          else {
            expect({ nodeName: result.nodeName }).toEqual(expected);
            expect(result.best).toEqual(scheduler.explain(info).slice(0, result.best.length));
            snapshot.assume(info, result.nodeName);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

type Snapshot = ClusterSnapshot;

/** Everything that decisions depend on, in an order that does not depend on history. */
function describeState(snapshot: Snapshot): unknown {
  const nodes = snapshot.slots.filter((node) => node !== undefined);
  const groups = ['red', 'green', 'blue'].map((group) => {
    const selector = makePod({ labels: { group }, spec: { affinity: affinityOf(sample(group)) ?? {} } });
    const { requiredAffinity } = snapshot.factory.parse(selector).group;
    const matching = requiredAffinity ? snapshot.groups.matching(requiredAffinity.matcher) : [];
    const counts = new Map<string, number>();
    for (const { running, terminating } of matching) {
      for (const [slot, count] of [...running, ...terminating]) {
        const name = snapshot.slots[slot]?.name ?? 'gone';
        counts.set(name, (counts.get(name) ?? 0) + count);
      }
    }
    return [...counts].sort();
  });
  return {
    groups,
    nodes: nodes
      .map(({ name, requested, assumed, pods, usedPorts, labels, taints: held }) => ({
        name,
        requested,
        assumed,
        labels,
        taints: held,
        pods: [...pods.keys()].sort(),
        usedPorts,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    image: snapshot.images.nodesWith('example/app:1'),
    count: snapshot.nodeCount,
  };
}

function sample(group: string): PodShape {
  return {
    ...(fc.sample(podOptions, { numRuns: 1, seed: 1 })[0] ?? expect.fail()),
    group,
    affinity: 'near-zone',
  } as PodShape;
}

const changes = fc.array(
  fc.record({
    kind: fc.constantFrom('node', 'node', 'drop-node', 'pod', 'pod', 'pod', 'drop-pod', 'finish', 'terminate', 'clone'),
    node: nodeOptions,
    pod: podOptions,
    nodeIndex: fc.nat(4),
    podIndex: fc.nat(8),
  }),
  { maxLength: 60 },
);
type Change = typeof changes extends fc.Arbitrary<(infer T)[]> ? T : never;

function applyChange(snapshot: Snapshot, nodes: Map<string, Node>, pods: Map<string, Pod>, change: Change): void {
  const name = `node-${change.nodeIndex}`;
  const pod = bound(buildPod(change.podIndex, change.pod), name);
  const { uid } = pod.metadata;
  const known = pods.get(uid);
  const keep = (next: Pod) => {
    pods.set(uid, next);
    snapshot.setPod(next);
  };
  if (change.kind === 'node') {
    nodes.set(name, buildNode(change.nodeIndex, change.node));
    snapshot.setNode(buildNode(change.nodeIndex, change.node));
  } else if (change.kind === 'drop-node') {
    nodes.delete(name);
    snapshot.removeNode(name);
  } else if (change.kind === 'pod') keep(pod);
  else if (change.kind === 'drop-pod') {
    pods.delete(uid);
    snapshot.removePod(uid);
  } else if (change.kind === 'finish' && known) keep({ ...known, status: { phase: 'Succeeded' } });
  else if (change.kind === 'terminate' && known) {
    keep({ ...known, metadata: { ...known.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  }
}

describe('the snapshot', () => {
  it('holds after any history what a snapshot built from the last state holds', () => {
    fc.assert(
      fc.property(changes, (all) => {
        let snapshot = new ClusterSnapshot();
        const nodes = new Map<string, Node>();
        const pods = new Map<string, Pod>();
        for (const change of all) {
          if (change.kind === 'clone') snapshot = snapshot.clone();
          applyChange(snapshot, nodes, pods, change);
        }
        const fresh = new ClusterSnapshot();
        for (const pod of pods.values()) fresh.setPod(pod);
        for (const node of nodes.values()) fresh.setNode(node);
        expect(describeState(snapshot)).toEqual(describeState(fresh));
        const probe = fresh.factory.parse(buildPod(99, sample('red')));
        expect(schedulePod(probe, snapshot, defaultPlugins)).toEqual(schedulePod(probe, fresh, defaultPlugins));
      }),
      { numRuns: 300 },
    );
  });

  it('never sees what happens to its clone, nor the clone what happens to it', () => {
    fc.assert(
      fc.property(changes, changes, changes, (before, left, right) => {
        const nodes = new Map<string, Node>();
        const pods = new Map<string, Pod>();
        const original = new ClusterSnapshot();
        for (const change of before) applyChange(original, nodes, pods, change);
        const clone = original.clone();
        const state = describeState(original);
        const copies = () => [new Map(nodes), new Map(pods)] as const;
        const [cloneNodes, clonePods] = copies();
        const [ownNodes, ownPods] = copies();
        for (const change of right) applyChange(clone, cloneNodes, clonePods, change);
        expect(describeState(original)).toEqual(state);
        const cloneState = describeState(clone);
        for (const change of left) applyChange(original, ownNodes, ownPods, change);
        expect(describeState(clone)).toEqual(cloneState);
      }),
      { numRuns: 150 },
    );
  });
});
