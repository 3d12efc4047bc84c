import {
  ApiError,
  keyOf,
  type Node,
  type ObjectKey,
  type Pod,
  type PodTemplateSpec,
  type ReplicaSet,
  type SimulatedLoss,
} from '@gantry/api-types';
import { isPodActive } from '../reconcile/pod-state.ts';
import type { ClusterSnapshot } from '../scheduler/snapshot.ts';
import type { SimulatedPod } from './simulated-pod.ts';
import { twinOf } from './simulated-pod.ts';
import type { SimulationSource } from './source.ts';
import { ownerObject, referenceTo, topWorkload, type WorkloadObject } from './workload-objects.ts';

/** The copy of the cluster that changes are made to, and the pods that look for a node in it. */
export class Scene {
  readonly source: SimulationSource;
  readonly snapshot: ClusterSnapshot;
  /** To be placed, by uid. */
  readonly queue = new Map<string, SimulatedPod>();
  /** Uids of pods that are no more. */
  readonly gone = new Set<string>();
  readonly lost: SimulatedLoss[] = [];
  readonly deleted: ObjectKey[] = [];
  /** Nodes that are new or changed; undefined: removed. */
  readonly nodes = new Map<string, Node | undefined>();
  readonly addedNodes: string[] = [];
  readonly removedNodes: string[] = [];
  /** Workloads that changes named, by uid, with the template they have now. */
  readonly touched = new Map<string, WorkloadObject>();
  /** ReplicaSets that Deployments, by their uid, would make for a new template. */
  readonly madeReplicaSets = new Map<string, readonly ReplicaSet[]>();
  /** Pods that could not be resized where they are. */
  readonly deferredResizes: { readonly pod: Pod; readonly nodeName: string; readonly message: string }[] = [];
  #counter = 0;

  constructor(source: SimulationSource) {
    this.source = source;
    this.snapshot = source.snapshot.clone();
  }

  /** The node as it is in the scene. Throws `ApiError` NotFound. */
  node(name: string): Node {
    const node = this.nodes.has(name) ? this.nodes.get(name) : this.source.lister('nodes').get(name);
    if (node) return node;
    throw new ApiError('NotFound', `nodes "${name}" not found`, { name, kind: 'nodes' });
  }

  setNode(node: Node): void {
    this.nodes.set(node.metadata.name, node);
    this.snapshot.setNode(node);
  }

  /** Every node, changed ones as changed. */
  allNodes(): readonly Node[] {
    const present = this.source.lister('nodes').list();
    const kept = present.filter(({ metadata }) => !this.nodes.has(metadata.name));
    return [...kept, ...[...this.nodes.values()].filter((node) => node !== undefined)];
  }

  /** The workload in its present state of the scene. */
  current<T extends WorkloadObject>(workload: T): T {
    return (this.touched.get(workload.metadata.uid) as T | undefined) ?? workload;
  }

  /** The active pods that an owner controls, those of the scene included. */
  podsOf(ownerUid: string): readonly Pod[] {
    const present = this.source
      .lister('pods')
      .listByOwner(ownerUid)
      .filter((pod) => isPodActive(pod) && !this.gone.has(pod.metadata.uid) && !this.queue.has(pod.metadata.uid));
    const queued = [...this.queue.values()].filter(({ pod }) =>
      pod.metadata.ownerReferences?.some((reference) => reference.controller && reference.uid === ownerUid),
    );
    return [...present, ...queued.map(({ pod }) => pod)];
  }

  /** A name and uid that no pod has. */
  newIdentity(prefix: string): { readonly name: string; readonly uid: string } {
    const number = ++this.#counter;
    return { name: `${prefix}new-${number}`, uid: `simulated-${number}` };
  }

  newUid(): string {
    return `simulated-${++this.#counter}`;
  }

  /** Queues a pod. `like` is an equal pod that was queued before: it saves parsing. */
  enqueue(
    pod: Pod,
    options: Partial<Omit<SimulatedPod, 'pod' | 'info'>> & { readonly like?: SimulatedPod } = {},
  ): SimulatedPod {
    const { like, isNew = true, movedFrom, sequenceOf } = options;
    const hasOwnClaims = pod.spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined) ?? false;
    const info = like && !hasOwnClaims ? twinOf(like.info, pod) : this.snapshot.factory.parse(pod);
    const workload = options.workload ?? like?.workload ?? this.#referenceOf(pod);
    const simulated = { pod, info, workload, isNew, movedFrom, sequenceOf };
    if (hasOwnClaims && isNew) this.#makeOwnClaims(pod);
    this.queue.set(pod.metadata.uid, simulated);
    return simulated;
  }

  /** Takes a pod off its node (or out of the queue) for good. */
  remove(pod: Pod): void {
    const { uid } = pod.metadata;
    this.gone.add(uid);
    this.queue.delete(uid);
    this.snapshot.removePod(uid);
  }

  lose(pod: Pod, nodeName: string, reason: string): void {
    this.remove(pod);
    this.lost.push({ pod: keyOf(pod), nodeName, reason });
  }

  /** The template that the pod's controller makes its successor from. */
  ownerTemplate(pod: Pod): PodTemplateSpec | undefined {
    const reference = pod.metadata.ownerReferences?.find(({ controller }) => controller);
    const owner = reference && ownerObject(this.source, pod.metadata.namespace, reference);
    return owner && this.current(owner).spec.template;
  }

  #referenceOf(pod: Pod) {
    const workload = topWorkload(this.source, pod);
    return workload && referenceTo(workload);
  }

  /** Claims of `ephemeral` volumes are made with their pod. */
  #makeOwnClaims({ metadata, spec }: Pod): void {
    for (const { name, ephemeral } of spec.volumes ?? []) {
      const template = ephemeral?.volumeClaimTemplate;
      if (!template) continue;
      const claim = {
        apiVersion: 'v1' as const,
        kind: 'PersistentVolumeClaim' as const,
        metadata: { ...metadata, ...template.metadata, name: `${metadata.name}-${name}` },
        spec: template.spec,
        status: { phase: 'Pending' },
      };
      this.snapshot.changeVolumes((volumes) => volumes.setClaim(keyOf(claim), claim));
    }
  }
}
