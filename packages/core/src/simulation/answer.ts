import {
  keyOf,
  type NodeTotals,
  type SimulatedNode,
  type SimulatedPlacement,
  type SimulatedWait,
  type SimulatedWorkload,
  type SimulationSpec,
  type SimulationStatus,
} from '@gantry/api-types';
import { schedulingClassOf } from '../scheduler/pod-info.ts';
import type { ClusterSnapshot } from '../scheduler/snapshot.ts';
import type { Placed, Placement, Waiting } from './place-pods.ts';
import type { Scene } from './scene.ts';
import { summarise } from './summary.ts';
import { explainWait } from './wait-text.ts';
import { referenceTo } from './workload-objects.ts';
import { podsOfWorkload } from './workload-pods.ts';

export interface AnswerInput {
  readonly scene: Scene;
  readonly placement: Placement;
  readonly spec: SimulationSpec;
  readonly before: ReadonlyMap<string, NodeTotals & { readonly allocatable: NodeTotals }>;
  /** Uids of the pods that waited before any change. */
  readonly pending: ReadonlySet<string>;
}

/** So many kinds of waiting pods get their verdicts; more are only counted. */
const maxWaits = 100;

/** What came of the simulation, as data and in words. */
export function* answerOf(input: AnswerInput): Generator<void, Omit<SimulationStatus, 'durationMs' | 'fixes'>> {
  const { scene, placement, spec } = input;
  const waits: SimulatedWait[] = [];
  const groups = groupWaiting(placement.waiting);
  for (const group of groups.slice(0, maxWaits)) {
    waits.push(waitOf(scene, placement, group, spec.maxNodes ?? 50));
    yield;
  }
  waits.push(...deferredWaits(scene));
  const workloads = workloadsOf(scene, placement);
  const nodes = nodesOf(scene, input.before);
  const status = {
    counts: {
      placed: placement.placed.length,
      moved: placement.placed.filter(({ simulated }) => simulated.movedFrom !== undefined).length,
      waiting: placement.waiting.length + scene.deferredResizes.length,
      lost: scene.lost.length,
      deleted: scene.deleted.length,
    },
    workloads,
    placements: placement.placed.slice(0, spec.maxPlacements ?? 5000).map(placementOf),
    waits,
    lost: scene.lost,
    deleted: scene.deleted,
    nodes,
  };
  return { summary: summarise({ ...input, ...status }), ...status };
}

function placementOf({ simulated, best, next }: Placed): SimulatedPlacement {
  return {
    pod: keyOf(simulated.pod),
    isNew: simulated.isNew,
    ...(simulated.workload ? { workload: simulated.workload } : {}),
    nodeName: best.nodeName,
    ...(simulated.movedFrom === undefined ? {} : { movedFrom: simulated.movedFrom }),
    score: best.totalScore ?? 0,
    scores: best.scores ?? {},
    ...(next ? { nextBest: { nodeName: next.nodeName, score: next.totalScore ?? 0, scores: next.scores ?? {} } } : {}),
  };
}

function groupWaiting(waiting: readonly Waiting[]): readonly (readonly Waiting[])[] {
  const groups = new Map<string, Waiting[]>();
  for (const each of waiting) {
    const { workload, info, sequenceOf } = each.simulated;
    const owner = workload ? `${workload.kind}/${workload.namespace}/${workload.name}` : info.key;
    const key = each.isBehind ? `behind/${sequenceOf}` : `${owner}/${schedulingClassOf(info)}`;
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return [...groups.values()];
}

function waitOf(scene: Scene, { scheduler }: Placement, group: readonly Waiting[], maxNodes: number): SimulatedWait {
  const [first] = group;
  if (!first) throw new Error('a group of waiting pods is never empty');
  const { workload, info } = first.simulated;
  const verdicts = first.isBehind ? [] : scheduler.explain(info);
  const from = new Set(group.flatMap(({ simulated }) => simulated.movedFrom ?? []));
  return {
    pods: group.slice(0, 1000).map(({ simulated }) => keyOf(simulated.pod)),
    count: group.length,
    newPods: group.filter(({ simulated }) => simulated.isNew).length,
    ...(workload ? { workload } : {}),
    ...(from.size > 0 ? { movedFrom: [...from] } : {}),
    message: first.message,
    text: first.isBehind
      ? first.message
      : explainWait({ snapshot: scene.snapshot, pod: info, verdicts, message: first.message, count: group.length }),
    nodes: verdicts.slice(0, maxNodes),
    nodesTotal: first.isBehind ? 0 : scene.snapshot.nodeCount,
  };
}

function deferredWaits(scene: Scene): SimulatedWait[] {
  return scene.deferredResizes.map(({ pod, message }) => ({
    pods: [keyOf(pod)],
    count: 1,
    newPods: 0,
    message,
    text: `${pod.metadata.name} keeps what it has: ${message}`,
    nodes: [],
    nodesTotal: 1,
  }));
}

function workloadsOf(scene: Scene, { placed, waiting }: Placement): SimulatedWorkload[] {
  const references = new Map<string, { kind: SimulatedWorkload['kind']; namespace: string; name: string }>();
  const put = (reference: { kind: SimulatedWorkload['kind']; namespace?: string; name: string } | undefined) => {
    if (!reference) return;
    const { kind, namespace = 'default', name } = reference;
    references.set(`${kind}/${namespace}/${name}`, { kind, namespace, name });
  };
  for (const workload of scene.touched.values()) put(referenceTo(workload));
  for (const { simulated } of [...placed, ...waiting]) put(simulated.workload);
  const waitingOf = new Map<string, number>();
  for (const { simulated } of waiting) {
    const { kind, namespace = 'default', name } = simulated.workload ?? { kind: '', name: '' };
    const key = `${kind}/${namespace}/${name}`;
    waitingOf.set(key, (waitingOf.get(key) ?? 0) + 1);
  }
  return [...references].map(([key, reference]) => {
    const replicas = podsOfWorkload(scene, reference).length;
    const left = waitingOf.get(key) ?? 0;
    return { ...reference, replicas, fitting: replicas - left, waiting: left };
  });
}

/** What each node gives and what its pods ask for. */
export function nodeTotals(snapshot: ClusterSnapshot): Map<string, NodeTotals & { readonly allocatable: NodeTotals }> {
  const totals = new Map<string, NodeTotals & { readonly allocatable: NodeTotals }>();
  for (const node of snapshot.slots) {
    if (!node) continue;
    const { requested, allocatable, allowedPods } = node;
    totals.set(node.name, {
      cpuMilli: requested.milliCpu,
      memoryBytes: requested.memoryBytes,
      pods: node.pods.size,
      allocatable: { cpuMilli: allocatable.milliCpu, memoryBytes: allocatable.memoryBytes, pods: allowedPods },
    });
  }
  return totals;
}

const nothing: NodeTotals = { cpuMilli: 0, memoryBytes: 0, pods: 0 };

function nodesOf(scene: Scene, before: AnswerInput['before']): SimulatedNode[] {
  const after = nodeTotals(scene.snapshot);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.map((name) => {
    const then = before.get(name);
    const now = after.get(name);
    const strip = (totals: NodeTotals = nothing): NodeTotals => ({
      cpuMilli: totals.cpuMilli,
      memoryBytes: totals.memoryBytes,
      pods: totals.pods,
    });
    return {
      name,
      change: then && now ? 'none' : now ? 'added' : 'removed',
      allocatable: (now ?? then)?.allocatable ?? nothing,
      before: strip(then),
      after: strip(now),
    };
  });
}
