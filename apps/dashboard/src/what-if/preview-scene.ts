import type { FeedPod, FeedResources } from '@gantry/api-types/feed';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import type {
  SimulatedNode,
  SimulatedPlacement,
  SimulatedWait,
  SimulationSpec,
  SimulationStatus,
  WorkloadReference,
} from '@gantry/api-types/simulation';
import type { ClusterStore } from '../state/cluster-store.ts';

/** A pod that only exists in a preview, or would move. */
export interface PreviewGhost {
  readonly id: string;
  /** As it would be: with the requests that count. */
  readonly pod: FeedPod;
  readonly ownerName: string;
  readonly hue: number;
  readonly movedFrom?: string;
}

/** What a simulation's answer looks like on the fleet. */
export interface PreviewScene {
  readonly ghostsOn: ReadonlyMap<string, readonly PreviewGhost[]>;
  /** Keys of pods that would leave where they are. */
  readonly leaving: ReadonlySet<string>;
  readonly nodes: ReadonlyMap<string, SimulatedNode>;
  readonly added: readonly SimulatedNode[];
  readonly waits: readonly SimulatedWait[];
}

/** Lays an answer out over the nodes and pods that are there now. */
export function previewScene(store: ClusterStore, spec: SimulationSpec, status: SimulationStatus): PreviewScene {
  const ghostsOn = new Map<string, PreviewGhost[]>();
  for (const placement of status.placements) {
    const ghost = ghostOf(store, spec, placement);
    const held = ghostsOn.get(placement.nodeName);
    if (held) held.push(ghost);
    else ghostsOn.set(placement.nodeName, [ghost]);
  }
  return {
    ghostsOn,
    leaving: leavingPods(store, spec, status),
    nodes: new Map(status.nodes.map((node) => [node.name, node])),
    added: status.nodes.filter(({ change }) => change === 'added'),
    waits: status.waits,
  };
}

/** The workload of the feed that a reference names; undefined for kinds that the feed does not carry. */
export function workloadKey(reference: WorkloadReference): string {
  return `${reference.kind}/${reference.namespace ?? 'default'}/${reference.name}`;
}

function ghostOf(store: ClusterStore, spec: SimulationSpec, placement: SimulatedPlacement): PreviewGhost {
  const { pod: key, workload: reference, nodeName, movedFrom } = placement;
  const present = placement.isNew ? undefined : store.pods.get(key);
  const workload = reference && store.workloads.get(workloadKey(reference));
  const zero: FeedResources = { cpuMilli: 0, memoryBytes: 0 };
  const declared = present?.requests ?? workload?.requests ?? zero;
  const pod: FeedPod = {
    key,
    uid: `preview ${key}`,
    createdAt: present?.createdAt ?? '',
    phase: 'Pending',
    status: 'Preview',
    nodeName,
    requests: reference ? withNewRequests(declared, spec, reference) : declared,
    limits: present?.limits ?? workload?.limits ?? zero,
    containers: [],
  };
  const root = workload?.uid ?? (present ? store.rootOf(present).uid : '');
  const ownerName = reference?.name ?? key.slice(key.indexOf('/') + 1);
  return { id: pod.uid, pod, ownerName, hue: store.hues.of(root), ...(movedFrom ? { movedFrom } : {}) };
}

function withNewRequests(declared: FeedResources, spec: SimulationSpec, of: WorkloadReference): FeedResources {
  let { cpuMilli, memoryBytes } = declared;
  for (const change of spec.changes ?? []) {
    if (change.type !== 'setRequests' || !change.workload || workloadKey(change.workload) !== workloadKey(of)) continue;
    // What cannot be read the API has refused already.
    if (change.requests.cpu) cpuMilli = parseCpuMilli(change.requests.cpu);
    if (change.requests.memory) memoryBytes = parseBytes(change.requests.memory);
  }
  return { cpuMilli, memoryBytes };
}

function leavingPods(store: ClusterStore, spec: SimulationSpec, status: SimulationStatus): Set<string> {
  const leaving = new Set<string>([...status.deleted, ...status.lost.map(({ pod }) => pod)]);
  // Pods that have a node and look for another are in the answer under their own name.
  for (const { pod, movedFrom, isNew } of status.placements) if (movedFrom && !isNew) leaving.add(pod);
  for (const change of spec.changes ?? []) {
    if (change.type === 'removeNode' || change.type === 'drainNode') {
      for (const key of store.podsOn(change.node).keys()) leaving.add(key);
    } else if (change.type === 'evictPods') {
      for (const key of change.pods) leaving.add(key);
    } else if (change.type === 'addToleration' || (change.type === 'setRequests' && !change.inPlace)) {
      const workload = change.workload && store.workloads.get(workloadKey(change.workload));
      for (const pod of workload ? store.podsOf(workload) : []) if (pod.nodeName) leaving.add(pod.key);
    }
  }
  return leaving;
}
