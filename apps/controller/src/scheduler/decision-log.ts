import type { SchedulingDecision } from '@gantry/core';

export interface DecisionLogOptions {
  /** How many pods' latest decisions are kept (default 5,000). */
  readonly capacity?: number;
  /** How many nodes a decision lists (default 50). */
  readonly maxNodes?: number;
}

/** The latest scheduling decision per pod, for the dashboard and `what-if`. Bounded: the oldest are forgotten, and those of pods that are gone. */
export class DecisionLog {
  /** How many nodes a decision lists at most. */
  readonly maxNodes: number;
  readonly #capacity: number;
  /** In the order of the decisions, oldest first. */
  readonly #byUid = new Map<string, SchedulingDecision>();
  readonly #handlers = new Set<(decision: SchedulingDecision) => void>();

  constructor(options: DecisionLogOptions = {}) {
    this.#capacity = options.capacity ?? 5000;
    this.maxNodes = options.maxNodes ?? 50;
  }

  /** Keeps a decision in place of the pod's former one and tells the handlers. */
  record(decision: SchedulingDecision): void {
    const { nodes } = decision;
    const kept = nodes.length <= this.maxNodes ? decision : { ...decision, nodes: nodes.slice(0, this.maxNodes) };
    this.#byUid.delete(decision.podUid);
    this.#byUid.set(decision.podUid, kept);
    for (const oldest of this.#byUid.keys()) {
      if (this.#byUid.size <= this.#capacity) break;
      this.#byUid.delete(oldest);
    }
    for (const handler of this.#handlers) handler(kept);
  }

  /** The pod is gone: nobody asks about it any more. */
  forget(podUid: string): void {
    this.#byUid.delete(podUid);
  }

  /** The latest decision on a pod. */
  get(podUid: string): SchedulingDecision | undefined {
    return this.#byUid.get(podUid);
  }

  /** The latest decisions, newest first. */
  recent(limit: number): SchedulingDecision[] {
    const decisions = [...this.#byUid.values()];
    return decisions.slice(Math.max(0, decisions.length - limit)).reverse();
  }

  /** Calls the handler, synchronously, for each decision from now on; the returned function unsubscribes. */
  onDecision(handler: (decision: SchedulingDecision) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }
}
