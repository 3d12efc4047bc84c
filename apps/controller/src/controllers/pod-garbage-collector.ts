import type { Node, ObjectKey, Pod } from '@gantry/api-types';
import type { Informer, InformerEvent } from '@gantry/core';
import { planTerminatedPods } from '@gantry/core/reconcile/pod-garbage';
import { isPodTerminal } from '@gantry/core/reconcile/pod-state';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { forEachParallel } from './parallel.ts';
import { PodsByNode } from './pods-by-node.ts';

export interface PodGarbageOptions {
  /** How many ended pods are kept; 0 keeps all. */
  readonly terminatedPodThreshold: number;
  /** How long a node may be absent before its pods are given up: it may be registering anew. */
  readonly absentNodeMs: number;
}

/** Beside node names: stands for the ended pods of all nodes. No node can have this name. */
const terminatedKey = '*terminated*';
/** Ended pods come in crowds; one look for all within this time. */
const batchMs = 1_000;
const maxInFlight = 32;

/** Removes pods that nobody else will: those of nodes that are no more, and ended ones beyond a threshold. */
export class PodGarbageCollector implements ControllerDefinition {
  readonly name = 'pod-garbage-collector';
  readonly workers = 2;
  readonly #services: ControllerServices;
  readonly #options: PodGarbageOptions;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #podsByNode: PodsByNode;
  readonly #absentSince = new Map<string, number>();
  #terminatedCount = 0;

  constructor(services: ControllerServices, options: PodGarbageOptions) {
    this.#services = services;
    this.#options = options;
    this.#nodes = services.informers.informer('nodes');
    this.#pods = services.informers.informer('pods');
    this.#podsByNode = new PodsByNode(this.#pods.lister);
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#nodes.onEvent(({ type, object }) => {
        const { name } = object.metadata;
        if (type === 'deleted') this.#noteAbsent(name, queue);
        else this.#absentSince.delete(name);
      }),
      this.#pods.onEvent((event) => this.#onPod(event, queue)),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    if (key === terminatedKey) {
      await this.#delete(planTerminatedPods(this.#pods.lister.list(), this.#options.terminatedPodThreshold));
      return undefined;
    }
    const since = this.#absentSince.get(key);
    if (since === undefined || this.#nodes.lister.get(key)) return undefined;
    const leftMs = since + this.#options.absentNodeMs - this.#services.clock.now();
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    await this.#delete(this.#podsByNode.list(key));
    this.#absentSince.delete(key);
    return undefined;
  }

  #onPod(event: InformerEvent<Pod>, queue: KeyQueue): void {
    this.#podsByNode.observe(event);
    const { object: pod, previous } = event;
    const isEnded = event.type !== 'deleted' && isPodTerminal(pod);
    const wasEnded = event.type === 'deleted' ? isPodTerminal(pod) : previous !== undefined && isPodTerminal(previous);
    this.#terminatedCount += (isEnded ? 1 : 0) - (wasEnded ? 1 : 0);
    const threshold = this.#options.terminatedPodThreshold;
    if (isEnded && threshold > 0 && this.#terminatedCount > threshold) queue.addAfter(terminatedKey, batchMs);
    const { nodeName } = pod.spec;
    if (event.type === 'deleted' || !nodeName || this.#nodes.lister.get(nodeName)) return;
    this.#noteAbsent(nodeName, queue);
  }

  #noteAbsent(nodeName: string, queue: KeyQueue): void {
    if (!this.#absentSince.has(nodeName)) this.#absentSince.set(nodeName, this.#services.clock.now());
    queue.addAfter(nodeName, this.#options.absentNodeMs);
  }

  async #delete(pods: readonly Pod[]): Promise<void> {
    const errors = await forEachParallel(pods, maxInFlight, async ({ metadata }) => {
      const { namespace, name, uid } = metadata;
      await this.#services.client.delete('pods', namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
    });
    if (errors.length > 0) throw errors[0];
  }
}
