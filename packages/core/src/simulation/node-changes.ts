import type {
  AddNodesChange,
  CordonNodeChange,
  DaemonSet,
  DrainNodeChange,
  LabelNodeChange,
  Node,
  Pod,
  RemoveNodeChange,
  Taint,
} from '@gantry/api-types';
import { createEligibility } from '../reconcile/daemon-eligibility.ts';
import { newDaemonPod } from '../reconcile/daemon-pod.ts';
import { controllerOf } from '../reconcile/owner-references.ts';
import { leaveNode, podsOn } from './leave-node.ts';
import type { Scene } from './scene.ts';
import { admitPod } from './simulated-pod.ts';

const cordonTaint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** The node is gone, and with it what only it had. */
export function removeNode(scene: Scene, { node: name }: RemoveNodeChange): void {
  scene.node(name);
  for (const pod of podsOn(scene, name)) leaveNode(scene, pod, name);
  scene.snapshot.removeNode(name);
  scene.nodes.set(name, undefined);
  scene.removedNodes.push(name);
}

/** Cordon, then evict all but daemons, as `kubectl drain --ignore-daemonsets` does. */
export function drainNode(scene: Scene, { node: name }: DrainNodeChange): void {
  cordonNode(scene, { type: 'cordonNode', node: name });
  for (const pod of podsOn(scene, name)) {
    if (controllerOf(pod)?.kind !== 'DaemonSet') leaveNode(scene, pod, name);
  }
}

/** Sets `spec.unschedulable` and the taint that follows from it. */
export function cordonNode(scene: Scene, { node: name, unschedulable = true }: CordonNodeChange): void {
  const node = scene.node(name);
  const others = (node.spec.taints ?? []).filter(({ key }) => key !== cordonTaint.key);
  const taints = unschedulable ? [...others, cordonTaint] : others;
  scene.setNode({ ...node, spec: { ...node.spec, unschedulable, taints } });
}

/** Sets labels; daemons that now match the node start on it. */
export function labelNode(scene: Scene, { node: name, labels }: LabelNodeChange): void {
  const node = scene.node(name);
  const merged = Object.entries({ ...node.metadata.labels, ...labels }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const changed: Node = { ...node, metadata: { ...node.metadata, labels: Object.fromEntries(merged) } };
  scene.setNode(changed);
  startDaemons(scene, changed, podsOn(scene, name));
}

/** New ready nodes, and the daemons that start on them. */
export function addNodes(scene: Scene, change: AddNodesChange): void {
  const { count = 1, namePrefix = 'new-node' } = change;
  const [like] = scene.allNodes();
  for (let made = 0, number = 1; made < count; number++) {
    const name = `${namePrefix}-${number}`;
    if (scene.snapshot.node(name)) continue;
    const node = newNode(name, change, like);
    scene.setNode(node);
    scene.addedNodes.push(name);
    startDaemons(scene, node, []);
    made++;
  }
}

function newNode(name: string, change: AddNodesChange, like: Node | undefined): Node {
  const { cpu, memory, pods = 110, labels, taints } = change;
  const resources = { cpu, memory, pods: String(pods) };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: `simulated-node-${name}`,
      resourceVersion: '0',
      creationTimestamp: '9999-01-01T00:00:00Z',
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': like?.metadata.labels?.['kubernetes.io/os'] ?? 'linux',
        'kubernetes.io/arch': like?.metadata.labels?.['kubernetes.io/arch'] ?? 'amd64',
        ...labels,
      },
    },
    spec: taints ? { taints: [...taints] } : {},
    status: {
      capacity: { ...resources },
      // Nobody knows how much disk it will have: pods that ask for some are judged by the nodes there are.
      allocatable: {
        ...resources,
        ...(like?.status.allocatable?.['ephemeral-storage']
          ? { 'ephemeral-storage': like.status.allocatable['ephemeral-storage'] }
          : {}),
      },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

function startDaemons(scene: Scene, node: Node, present: readonly Pod[]): void {
  for (const daemonSet of scene.source.lister('daemonsets.apps').list()) {
    const current = scene.current(daemonSet) as DaemonSet;
    if (current.metadata.deletionTimestamp !== undefined || !createEligibility(current)(node).shouldRun) continue;
    if (present.some((pod) => controllerOf(pod)?.uid === daemonSet.metadata.uid)) continue;
    const draft = newDaemonPod(current, node.metadata.name, 'simulated');
    const { name, uid } = scene.newIdentity(`${daemonSet.metadata.name}-`);
    const pod = admitPod(scene.source, { ...draft, metadata: { ...draft.metadata, name } }, uid);
    // Daemons are made as soon as the node appears: before what waits for its room is tried again.
    scene.enqueue({ ...pod, metadata: { ...pod.metadata, creationTimestamp: '' } });
  }
}
