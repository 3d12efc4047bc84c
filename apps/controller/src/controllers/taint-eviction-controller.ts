import { type Node, type ObjectKey, objectKey, type Pod, type Taint } from '@gantry/api-types';
import type { Informer, InformerEvent } from '@gantry/core';
import { formatTime, parseTime } from '@gantry/core/lib/timestamp';
import { controllerOf } from '@gantry/core/reconcile/owner-references';
import { isPodTerminal } from '@gantry/core/reconcile/pod-state';
import { evictionTime, isLossTaint, nodeCondition, unreachableTaint } from '@gantry/core/reconcile/taints';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { forEachParallel } from './parallel.ts';
import { PodsByNode } from './pods-by-node.ts';

const component = 'taint-eviction-controller';
const maxInFlight = 32;

/**
 * Deletes pods from nodes with NoExecute taints that they do not tolerate (any longer). On a node that is not heard
 * from nobody can confirm that a pod ended, so there its object goes at once and the replacement counts; but the pods of a
 * StatefulSet stay until the node returns or is deleted, since two of one name must never run.
 */
export class TaintEvictionController implements ControllerDefinition {
  readonly name = component;
  readonly workers = 8;
  readonly #services: ControllerServices;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #podsByNode: PodsByNode;
  readonly #startedMs: number;
  readonly #graceMs: number;

  /**
   * `graceMs`: that a node was lost in an earlier life of the controller is not acted on sooner than this after the
   * start, so that the node can return from our absence.
   */
  constructor(services: ControllerServices, graceMs: number) {
    this.#services = services;
    this.#nodes = services.informers.informer('nodes');
    this.#pods = services.informers.informer('pods');
    this.#podsByNode = new PodsByNode(this.#pods.lister);
    this.#startedMs = services.clock.now();
    this.#graceMs = graceMs;
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#pods.onEvent((event) => this.#onPod(event, queue)),
      this.#nodes.onEvent(({ type, object }) => {
        if (type !== 'deleted' && isEvicting(object)) queue.add(object.metadata.name);
      }),
    ];
  }

  async reconcile(nodeName: ObjectKey): Promise<ReconcileResult | undefined> {
    const node = this.#nodes.lister.get(nodeName);
    if (!node || !isEvicting(node)) return undefined;
    const nowMs = this.#services.clock.now();
    const isLost = isUnreachable(node);
    const notBeforeMs = this.#notBefore(node);
    const due: Pod[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const pod of this.#podsByNode.list(nodeName)) {
      if (!isEvictable(pod, isLost)) continue;
      const at = pod.metadata.deletionTimestamp ? notBeforeMs : evictionTime(pod, node.spec.taints ?? [], notBeforeMs);
      if (at === undefined) continue;
      if (at <= nowMs) due.push(pod);
      else nextMs = Math.min(nextMs, at);
    }
    const errors = await forEachParallel(due, maxInFlight, (pod) => this.#evict(pod, isLost));
    if (errors.length > 0) throw errors[0];
    return nextMs === Number.POSITIVE_INFINITY ? undefined : { requeueAfterMs: nextMs - nowMs };
  }

  #notBefore({ spec }: Node): number {
    // Taints tell whole seconds.
    const startedMs = Math.floor(this.#startedMs / 1000) * 1000;
    const isEarlier = (taint: Taint) => isLossTaint(taint) && (parseTime(taint.timeAdded) ?? 0) < startedMs;
    return spec.taints?.some(isEarlier) ? this.#startedMs + this.#graceMs : 0;
  }

  #onPod(event: InformerEvent<Pod>, queue: KeyQueue): void {
    this.#podsByNode.observe(event);
    const { nodeName } = event.object.spec;
    if (event.type === 'deleted' || !nodeName) return;
    const node = this.#nodes.lister.get(nodeName);
    if (node && isEvicting(node)) queue.add(nodeName);
  }

  async #evict(pod: Pod, isNodeLost: boolean): Promise<void> {
    const { client, events } = this.#services;
    const { namespace, name, uid } = pod.metadata;
    if (pod.metadata.deletionTimestamp === undefined) {
      const message = `Marking for deletion Pod ${objectKey(namespace, name)}`;
      events.record(pod, { type: 'Normal', reason: 'TaintManagerEviction', message, component });
    }
    const preconditions = { uid };
    // A Job must see why: its failure policy may not count what a lost node ended.
    const isWatchedByJob = pod.metadata.deletionTimestamp === undefined && controllerOf(pod)?.kind === 'Job';
    if (isNodeLost && isWatchedByJob) {
      await client.updateStatus('pods', { ...pod, status: disruptedStatus(pod, this.#services.clock.now()) });
    }
    if (isNodeLost && !isStateful(pod)) {
      await client.delete('pods', namespace, name, { gracePeriodSeconds: 0, preconditions });
      return;
    }
    await client.updateStatus('pods', { ...pod, status: disruptedStatus(pod, this.#services.clock.now()) });
    await client.delete('pods', namespace, name, { preconditions });
  }
}

function isEvicting(node: Node): boolean {
  return node.spec.taints?.some(({ effect }) => effect === 'NoExecute') ?? false;
}

/** Both the condition and the taint: the taint is what eviction limits hold back. */
function isUnreachable(node: Node): boolean {
  const isTainted = node.spec.taints?.some(({ key, effect }) => key === unreachableTaint && effect === 'NoExecute');
  return isTainted === true && nodeCondition(node, 'Ready')?.status === 'Unknown';
}

/** Pods being deleted already are only of interest where nobody else can finish the job. */
function isEvictable(pod: Pod, isNodeLost: boolean): boolean {
  if (pod.metadata.deletionTimestamp === undefined) return !isPodTerminal(pod);
  return isNodeLost && !isStateful(pod);
}

function isStateful(pod: Pod): boolean {
  return controllerOf(pod)?.kind === 'StatefulSet';
}

function disruptedStatus(pod: Pod, nowMs: number): Pod['status'] {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: formatTime(nowMs),
  };
  return { ...pod.status, conditions: [...others, condition] };
}
