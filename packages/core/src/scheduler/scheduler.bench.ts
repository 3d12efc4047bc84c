import type { Node, Pod } from '@gantry/api-types';
import { PodScheduler } from './pod-scheduler.ts';
import { ClusterSnapshot } from './snapshot.ts';

/** Prints how many pods per second the pure scheduler places: `node src/scheduler/scheduler.bench.ts`. */

function makeNode(index: number): Node {
  const name = `node-${index}`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${index % 10}` },
    },
    spec: {},
    status: { allocatable: { cpu: '32', memory: '64Gi', pods: '110' } },
  };
}

type Shape = 'plain' | 'replicas' | 'anti-affinity' | 'affinity' | 'spread' | 'mixed';

function makePod(index: number, shape: Shape): Pod {
  const group = `group-${index % 20}`;
  const labelSelector = { matchLabels: { group } };
  const zone = 'topology.kubernetes.io/zone';
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `pod-${index}`,
      namespace: 'default',
      uid: `uid-${index}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { group },
    },
    spec: {
      containers: [{ name: 'main', image: 'app:1', resources: { requests: { cpu: '100m', memory: '128Mi' } } }],
    },
    status: {},
  };
  if (shape === 'plain') pod.metadata.labels = { app: 'plain' };
  if (shape === 'mixed') pod.spec.containers[0] = { name: 'main', resources: { requests: { cpu: `${index % 200}m` } } };
  if (shape === 'replicas') {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: group, uid: group, controller: true };
    pod.metadata.ownerReferences = [owner];
  }
  if (shape === 'spread') {
    const constraint = { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector };
    pod.spec.topologySpreadConstraints = [constraint];
  }
  if (shape === 'affinity') {
    const term = { topologyKey: zone, labelSelector };
    pod.spec.affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  }
  if (shape === 'anti-affinity') {
    const term = { topologyKey: 'kubernetes.io/hostname', labelSelector };
    pod.spec.affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  }
  return pod;
}

function measure(nodes: number, pods: number, shape: Shape): void {
  const snapshot = new ClusterSnapshot();
  for (let index = 0; index < nodes; index++) snapshot.setNode(makeNode(index));
  const scheduler = new PodScheduler(snapshot);
  const objects = Array.from({ length: pods }, (_, index) => makePod(index, shape));
  const start = performance.now();
  let bound = 0;
  for (const object of objects) {
    const pod = snapshot.factory.parse(object);
    const result = scheduler.schedule(pod);
    if (result.outcome !== 'feasible') continue;
    snapshot.assume(pod, result.nodeName);
    bound++;
  }
  const seconds = (performance.now() - start) / 1000;
  const cloneStart = performance.now();
  snapshot.clone();
  const cloneMs = performance.now() - cloneStart;
  const rate = Math.round(pods / seconds);
  console.log(`${nodes} nodes, ${bound}/${pods} ${shape}: ${rate} pods/s; clone ${cloneMs.toFixed(1)} ms`);
}

for (const nodes of [1000, 5000]) {
  for (const shape of ['plain', 'replicas', 'mixed'] as const) measure(nodes, 10_000, shape);
  for (const shape of ['anti-affinity', 'affinity', 'spread'] as const) measure(nodes, 5000, shape);
}
