import { keyOf, type PlannedMove, type Pod } from '@gantry/api-types';
import { controllerOf } from '../reconcile/owner-references.ts';
import type { PodInfo } from '../scheduler/pod-info.ts';
import { PodScheduler } from '../scheduler/pod-scheduler.ts';
import type { ClusterSnapshot } from '../scheduler/snapshot.ts';
import { successorOf } from '../simulation/simulated-pod.ts';
import type { SimulationSource } from '../simulation/source.ts';
import { ownerObject, referenceTo, templateOf, topWorkload } from '../simulation/workload-objects.ts';

/** A move that has been made on the copy and may be taken back. */
export interface TriedMove {
  readonly move: PlannedMove;
  undo(): void;
}

/** Moves pods on a copy of the cluster as evictions would: the real scheduler decides where the replacement goes. */
export class Mover {
  readonly snapshot: ClusterSnapshot;
  readonly #source: SimulationSource;
  readonly #scheduler: PodScheduler;
  #counter = 0;

  constructor(source: SimulationSource, snapshot: ClusterSnapshot) {
    this.#source = source;
    this.snapshot = snapshot;
    this.#scheduler = new PodScheduler(snapshot, { explainBest: 1 });
  }

  /** The pods that take room on a node and are no invention of the plan. */
  podsOn(nodeName: string): readonly { readonly pod: Pod; readonly info: PodInfo }[] {
    const lister = this.#source.lister('pods');
    return [...(this.snapshot.node(nodeName)?.pods.values() ?? [])].flatMap((info) => {
      const pod = lister.get(info.key);
      return pod?.metadata.uid === info.uid ? [{ pod, info }] : [];
    });
  }

  /** Where the pod's replacement goes; a sentence where no other node takes it, and then nothing has changed. */
  move(pod: Pod, info: PodInfo, from: string): TriedMove | string {
    const { snapshot } = this;
    const next = this.#successor(pod);
    // The replacement of a pod is made while that is still there, but for those of StatefulSets, which have its name.
    if (controllerOf(pod)?.kind === 'StatefulSet') snapshot.removePod(info.uid);
    else snapshot.setPod({ ...info, isTerminating: true });
    const result = this.#scheduler.schedule(next);
    if (result.outcome === 'unschedulable' || result.nodeName === from) {
      snapshot.setPod(info);
      return result.outcome === 'unschedulable' ? result.message : backOn(from);
    }
    snapshot.assume(next, result.nodeName);
    snapshot.removePod(info.uid);
    const workload = topWorkload(this.#source, pod);
    return {
      move: {
        pod: keyOf(pod),
        podUid: info.uid,
        ...(workload ? { workload: referenceTo(workload) } : {}),
        from,
        to: result.nodeName,
        cpuMilli: info.fit.requests.milliCpu,
        memoryBytes: info.fit.requests.memoryBytes,
      },
      undo: () => {
        snapshot.removePod(next.uid);
        snapshot.setPod(info);
      },
    };
  }

  #successor(pod: Pod): PodInfo {
    const reference = controllerOf(pod);
    const owner = reference && ownerObject(this.#source, pod.metadata.namespace, reference);
    const number = ++this.#counter;
    const name = reference?.kind === 'StatefulSet' ? pod.metadata.name : `${pod.metadata.name}-moved-${number}`;
    return this.snapshot.factory.parse(successorOf(pod, owner && templateOf(owner), name, `moved-${number}`));
  }
}

/** What {@link Mover.move} says of a pod whose replacement would come to the very node. */
export function backOn(nodeName: string): string {
  return `the scheduler would put it on ${nodeName} again`;
}
