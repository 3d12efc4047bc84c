import type { Node, Pod, PodSpec } from '@gantry/api-types';
import { makeNode, makePod } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { PodScheduler } from './pod-scheduler.ts';
import { ClusterSnapshot } from './snapshot.ts';

/** The sentence for a pod on these nodes, or the chosen node. */
function decide(pod: Pod, nodes: readonly Node[], placed: readonly Pod[] = []): string {
  const snapshot = new ClusterSnapshot();
  for (const node of nodes) snapshot.setNode(node);
  for (const other of placed) snapshot.setPod(other);
  const result = new PodScheduler(snapshot).schedule(snapshot.factory.parse(pod));
  return result.outcome === 'feasible' ? result.nodeName : result.message;
}

/** What each node says of itself where it is refused, by its name. */
function details(pod: Pod, nodes: readonly Node[], placed: readonly Pod[] = []): Record<string, string | undefined> {
  const snapshot = new ClusterSnapshot();
  for (const node of nodes) snapshot.setNode(node);
  for (const other of placed) snapshot.setPod(other);
  const verdicts = new PodScheduler(snapshot).explain(snapshot.factory.parse(pod));
  return Object.fromEntries(verdicts.map(({ nodeName, refusals }) => [nodeName, refusals[0]?.detail]));
}

const nodes = (count: number, options: Parameters<typeof makeNode>[0] = {}) =>
  Array.from({ length: count }, (_, index) => makeNode({ name: `node-${index + 1}`, ...options }));

const withHostPort = (name: string, hostPort: number, more: { hostIP?: string; protocol?: string } = {}) =>
  makePod({ name, extra: { ports: [{ containerPort: 80, hostPort, protocol: 'TCP', ...more }] } });

const labelled = (name: string, nodeName: string, app = 'web') => makePod({ name, nodeName, labels: { app } });

describe('the sentence on a pod that fits nowhere', () => {
  it('counts reasons, sorts them as text and ends with what the nearest node lacks', () => {
    const cluster = [
      makeNode({ name: 'node-1', cpu: '500m' }),
      makeNode({ name: 'node-2', cpu: '820m' }),
      makeNode({ name: 'node-3', isUnschedulable: true }),
    ];
    expect(decide(makePod({ cpu: '1' }), cluster)).toBe(
      '0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. Nearest: node-2 is short of 180m cpu.',
    );
  });

  it('names every resource that is short', () => {
    const pod = makePod({ extra: { resources: { requests: { cpu: '5', memory: '10Gi', 'example.com/gpu': '1' } } } });
    expect(decide(pod, nodes(1))).toBe(
      '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient example.com/gpu, 1 Insufficient memory.' +
        ' Nearest: node-1 is short of 1 cpu, 2Gi memory and 1 example.com/gpu.',
    );
  });

  it('says so where there is no node at all', () => {
    expect(decide(makePod(), [])).toBe('no nodes available to schedule pods');
  });

  it('counts a full node', () => {
    const message = decide(makePod(), nodes(1, { pods: '1' }), [labelled('other', 'node-1')]);
    expect(message).toBe('0/1 nodes are available: 1 Too many pods. Nearest: node-1 is short of room for 1 pod.');
  });

  it('names fields that cannot be honoured', () => {
    const pod = makePod({ spec: { resourceClaims: [{ name: 'gpu' }] } });
    expect(decide(pod, nodes(2))).toBe('0/2 nodes are available: spec.resourceClaims not supported by this scheduler.');
  });

  it('leaves the nearest node out where resources are not the only obstacle', () => {
    const port = withHostPort('other', 8080);
    const pod = { ...withHostPort('pod', 8080), status: {} };
    expect(decide(pod, nodes(1), [{ ...port, spec: { ...port.spec, nodeName: 'node-1' } }])).toBe(
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
    );
  });
});

describe('taints', () => {
  const unreachable = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
  const dedicated = { key: 'dedicated', value: 'db', effect: 'NoSchedule' };

  it.each([
    [unreachable, '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.'],
    [dedicated, '0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: db}.'],
  ])('refuse pods that do not tolerate them', (taint, message) => {
    expect(decide(makePod(), nodes(1, { taints: [taint] }))).toBe(message);
  });

  it.each([
    [{ key: 'dedicated', operator: 'Equal', value: 'db', effect: 'NoSchedule' }, true],
    [{ key: 'dedicated', value: 'db' }, true],
    [{ key: 'dedicated', operator: 'Exists' }, true],
    [{ operator: 'Exists' }, true],
    [{ key: 'dedicated', value: 'web' }, false],
    [{ key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
  ])('are tolerated by %j: %s', (toleration, isTolerated) => {
    const pod = makePod({ tolerations: [toleration] });
    expect(decide(pod, nodes(1, { taints: [dedicated] })) === 'node-1').toBe(isTolerated);
  });

  it('of memory pressure keep away only pods that ask for nothing', () => {
    const short = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' };
    const message = '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/memory-pressure: }.';
    expect(decide(makePod(), nodes(1, { taints: [short] }))).toBe(message);
    expect(decide(makePod({ memory: '1Mi' }), nodes(1, { taints: [short] }))).toBe('node-1');
  });

  it('let a pod that tolerates the cordon taint onto a cordoned node', () => {
    const tolerations = [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }];
    expect(decide(makePod({ tolerations }), nodes(1, { isUnschedulable: true }))).toBe('node-1');
  });

  it('of kind PreferNoSchedule only make a node less welcome', () => {
    const shunned = makeNode({ name: 'a', taints: [{ key: 'k', effect: 'PreferNoSchedule' }] });
    expect(decide(makePod(), [shunned])).toBe('a');
    expect(decide(makePod(), [shunned, makeNode({ name: 'b', cpu: '2' })])).toBe('b');
  });
});

describe('node affinity', () => {
  const refusal = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
  const require = (...terms: object[]): Partial<PodSpec> => ({
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
    },
  });
  const term = (key: string, operator: string, ...values: string[]) => ({
    matchExpressions: [{ key, operator, ...(values.length > 0 ? { values } : {}) }],
  });

  it('refuses a pod for another architecture', () => {
    expect(decide(makePod({ nodeSelector: { 'kubernetes.io/arch': 'arm64' } }), nodes(1))).toBe(refusal);
    expect(decide(makePod({ nodeSelector: { 'kubernetes.io/arch': 'amd64' } }), nodes(1))).toBe('node-1');
  });

  it.each([
    [term('size', 'In', '4', '8'), true],
    [term('size', 'In', '4'), false],
    [term('size', 'NotIn', '8'), false],
    [term('none', 'NotIn', '8'), true],
    [term('size', 'Exists'), true],
    [term('none', 'Exists'), false],
    [term('none', 'DoesNotExist'), true],
    [term('size', 'Gt', '7'), true],
    [term('size', 'Gt', '8'), false],
    [term('size', 'Lt', '9'), true],
    [term('word', 'Lt', '9'), false],
    [term('toString', 'Exists'), false],
    [{}, false],
    [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] }, true],
  ])('matches %j: %s', (nodeTerm, isMatch) => {
    const cluster = nodes(1, { labels: { size: '8', word: 'x' } });
    expect(decide(makePod({ spec: require(nodeTerm) }), cluster)).toBe(isMatch ? 'node-1' : refusal);
  });

  it('is met by any one of its terms', () => {
    const spec = require(term('none', 'Exists'), term('kubernetes.io/os', 'In', 'linux'));
    expect(decide(makePod({ spec }), nodes(1))).toBe('node-1');
  });

  it('words nodes that a daemon pod does not name as Kubernetes does', () => {
    const named = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-2'] }] };
    expect(decide(makePod({ cpu: '9', spec: require(named) }), nodes(3))).toBe(
      "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]." +
        ' Nearest: node-2 is short of 5 cpu.',
    );
  });

  it('prefers nodes by the weight of the terms they meet', () => {
    const preference = term('disk', 'In', 'ssd');
    const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference }] } };
    const cluster = [...nodes(2), makeNode({ name: 'node-3', labels: { disk: 'ssd' } })];
    expect(decide(makePod({ spec: { affinity } }), cluster)).toBe('node-3');
  });
});

describe('host ports', () => {
  it.each([
    [{}, {}, false],
    [{ protocol: 'UDP' }, {}, true],
    [{ hostIP: '10.0.0.1' }, {}, false],
    [{ hostIP: '10.0.0.1' }, { hostIP: '10.0.0.2' }, true],
    [{ hostIP: '10.0.0.1' }, { hostIP: '10.0.0.1' }, false],
    [{ hostIP: '0.0.0.0' }, { hostIP: '10.0.0.1' }, false],
  ])('%j beside %j: %s', (taken, wanted, isFree) => {
    const other = withHostPort('other', 8080, taken);
    const placed = { ...other, spec: { ...other.spec, nodeName: 'node-1' } };
    expect(decide(withHostPort('pod', 8080, wanted), nodes(1), [placed]) === 'node-1').toBe(isFree);
  });
});

describe('pods on a node', () => {
  const big = (phase: string) => makePod({ name: 'big', cpu: '4', nodeName: 'node-1', phase });

  it.each([
    ['Running', false],
    ['Succeeded', true],
    ['Failed', true],
  ])('in phase %s leave room: %s', (phase, isFree) => {
    expect(decide(makePod({ cpu: '1' }), nodes(1), [big(phase)]) === 'node-1').toBe(isFree);
  });

  it('that ask for nothing fit even where the node is overcommitted', () => {
    const over = makePod({ name: 'over', cpu: '9', nodeName: 'node-1' });
    expect(decide(makePod(), nodes(1), [over])).toBe('node-1');
  });
});

describe('affinity to other pods', () => {
  const selector = { matchLabels: { app: 'web' } };
  const term = { topologyKey: 'topology.kubernetes.io/zone', labelSelector: selector };
  const near = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  const far = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  const zones = [makeNode({ name: 'a', zone: 'one' }), makeNode({ name: 'b', zone: 'two' })];

  it('waits for a pod to be near to, and follows it', () => {
    const pod = makePod({ spec: { affinity: near } });
    expect(decide(pod, zones)).toBe("0/2 nodes are available: 2 node(s) didn't match pod affinity rules.");
    expect(decide(pod, zones, [labelled('w', 'b')])).toBe('b');
  });

  it('lets the first of a group that wants company start it', () => {
    expect(decide(makePod({ labels: { app: 'web' }, spec: { affinity: near } }), zones)).toBe('a');
  });

  it('keeps away, in both directions', () => {
    const pod = makePod({ spec: { affinity: far } });
    expect(decide(pod, zones, [labelled('w', 'a')])).toBe('b');
    expect(decide(pod, zones, [labelled('w', 'a'), labelled('v', 'b')])).toBe(
      "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.",
    );
    const loners = ['a', 'b'].map((nodeName) => makePod({ name: nodeName, nodeName, spec: { affinity: far } }));
    expect(decide(labelled('w', ''), zones, loners)).toBe(
      "0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules.",
    );
  });

  it('says of each node how many pods are near', () => {
    expect(details(makePod({ spec: { affinity: near } }), zones)).toEqual({
      a: 'zone one has none of the pods it must be near',
      b: 'zone two has none of the pods it must be near',
    });
    const there = [labelled('w', 'a'), labelled('v', 'a')];
    expect(details(makePod({ spec: { affinity: far } }), zones, there)).toEqual({
      a: 'zone one has 2 of the pods it keeps away from',
      b: undefined,
    });
    const loner = makePod({ name: 'loner', nodeName: 'a', spec: { affinity: far } });
    expect(details(labelled('w', ''), zones, [loner]).a).toBe('zone one has 1 of the pods that keep it away');
  });

  it('looks only at the namespaces it names, or chooses by label', () => {
    const other = makePod({ name: 'w', namespace: 'shop', nodeName: 'b', labels: { app: 'web' } });
    const reach = (extra: object) =>
      makePod({
        spec: {
          affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...term, ...extra }] } },
        },
      });
    expect(decide(reach({}), zones, [other])).toContain('pod affinity rules');
    expect(decide(reach({ namespaces: ['shop'] }), zones, [other])).toBe('b');
    expect(decide(reach({ namespaceSelector: {} }), zones, [other])).toBe('b');
    const snapshot = new ClusterSnapshot();
    for (const node of zones) snapshot.setNode(node);
    snapshot.setPod(other);
    const scheduler = new PodScheduler(snapshot);
    const pod = snapshot.factory.parse(reach({ namespaceSelector: { matchLabels: { team: 'shop' } } }));
    expect(scheduler.schedule(pod).outcome).toBe('unschedulable');
    snapshot.setNamespace('shop', { team: 'shop' });
    expect(scheduler.schedule(pod)).toMatchObject({ nodeName: 'b' });
  });
});

describe('topology spread', () => {
  const constraint = (more: object = {}) => ({
    maxSkew: 1,
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: { app: 'web' } },
    ...more,
  });
  const web = (more: object = {}) =>
    makePod({ labels: { app: 'web' }, spec: { topologySpreadConstraints: [constraint(more)] } });
  const zones = [
    makeNode({ name: 'a', zone: 'one' }),
    makeNode({ name: 'b', zone: 'two', cpu: '1' }),
    makeNode({ name: 'c' }),
  ];

  it('refuses what would exceed the skew, and nodes outside the topology', () => {
    expect(decide(web(), zones, [labelled('w', 'a')])).toBe('b');
    const pod = web();
    expect(decide({ ...pod, spec: { ...pod.spec, nodeSelector: { 'kubernetes.io/hostname': 'c' } } }, zones)).toBe(
      "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label)," +
        " 2 node(s) didn't match Pod's node affinity/selector.",
    );
  });

  it('says of each node by how much, and in which domain', () => {
    const placed = [labelled('u', 'a'), labelled('v', 'a'), labelled('w', 'b')];
    expect(details(web(), zones, placed)).toEqual({
      a: 'zone one would have 3 of them, the least has 1, maxSkew 1',
      b: undefined,
      c: 'has no label topology.kubernetes.io/zone',
    });
    expect(details(web({ minDomains: 3 }), zones, placed).b).toBe(
      'zone two would have 2 of them, as there are fewer than 3 domains the least counts as 0, maxSkew 1',
    );
  });

  it('treats missing domains as empty under minDomains', () => {
    expect(decide(web({ minDomains: 3 }), zones, [labelled('w', 'a'), labelled('v', 'b')])).toBe(
      "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label)," +
        " 2 node(s) didn't match pod topology spread constraints.",
    );
  });

  it('prefers emptier domains where it is only a wish', () => {
    const wish = web({ whenUnsatisfiable: 'ScheduleAnyway' });
    expect(decide(wish, zones, [labelled('w', 'a')])).toBe('b');
  });

  it('spreads the replicas of one controller without being asked', () => {
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'w', uid: 'rs', controller: true }];
    const replica = (name: string, nodeName?: string) =>
      makePod({ name, ownerReferences, cpu: '10m', ...(nodeName ? { nodeName } : {}) });
    const cluster = [makeNode({ name: 'a', cpu: '64', memory: '64Gi' }), makeNode({ name: 'b' })];
    expect(decide(replica('one'), cluster)).toBe('a');
    expect(decide(replica('two'), cluster, [replica('one', 'a')])).toBe('b');
  });
});

describe('scores', () => {
  it('prefer the node with the most free cpu and memory', () => {
    const busy = makePod({ name: 'busy', cpu: '2', memory: '4Gi', nodeName: 'node-1' });
    expect(decide(makePod({ cpu: '100m' }), nodes(2), [busy])).toBe('node-2');
  });

  it('prefer the node that holds a large image', () => {
    const images = [{ names: ['example/app:1'], sizeBytes: 900 * 1024 * 1024 }];
    const cluster = [...nodes(2), makeNode({ name: 'node-3' })];
    const [, , last] = cluster;
    if (last) last.status.images = images;
    expect(decide(makePod(), cluster)).toBe('node-3');
  });

  it('are equal: the node with fewer pods wins, then the first by name', () => {
    expect(decide(makePod(), nodes(3).reverse())).toBe('node-1');
  });
});
