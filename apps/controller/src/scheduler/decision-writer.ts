import type { Clock, ClusterSnapshot, NodeVerdict, PodScheduler, SchedulingDecision } from '@gantry/core';
import { formatTime } from '@gantry/core/lib/timestamp';
import type { QueuedPod } from '@gantry/core/scheduler/scheduling-queue';
import type { DecisionLog } from './decision-log.ts';

export interface DecisionWriterOptions {
  readonly clock: Clock;
  readonly decisions: DecisionLog;
  readonly snapshot: ClusterSnapshot;
  readonly scheduler: PodScheduler;
}

/** Beyond this many kinds of refused pods the verdicts are worked out anew. */
const maxVerdicts = 64;

/** Turns the scheduler's results into entries of the decision log. */
export class DecisionWriter {
  readonly #options: DecisionWriterOptions;
  /** Verdicts on refused pods: equal pods share them while nothing makes room. */
  readonly #verdicts = new Map<string, readonly NodeVerdict[]>();
  #reliefVersion = -1;

  constructor(options: DecisionWriterOptions) {
    this.#options = options;
  }

  /** A pod was bound; `best` are the verdicts as they were when it was placed. */
  bound(queued: QueuedPod, startedAt: number, nodeName: string, best: readonly NodeVerdict[]): void {
    this.#record(queued, startedAt, { outcome: 'bound', nodeName, nodes: best });
  }

  /** A pod fits nowhere in the present state. */
  refused(queued: QueuedPod, startedAt: number, message: string): void {
    this.#record(queued, startedAt, { outcome: 'unschedulable', message, nodes: this.#verdictsFor(queued, message) });
  }

  #record(
    { pod, attempts }: QueuedPod,
    startedAt: number,
    what: Pick<SchedulingDecision, 'outcome' | 'nodeName' | 'message' | 'nodes'>,
  ): void {
    const { clock, decisions, snapshot } = this.#options;
    const now = clock.now();
    decisions.record({
      podKey: pod.key,
      podUid: pod.uid,
      at: formatTime(now),
      attempts,
      durationMs: now - startedAt,
      nodesTotal: snapshot.nodeCount,
      ...what,
    });
  }

  #verdictsFor({ pod }: QueuedPod, message: string): readonly NodeVerdict[] {
    const { snapshot, scheduler, decisions } = this.#options;
    if (this.#reliefVersion !== snapshot.reliefVersion || this.#verdicts.size >= maxVerdicts) {
      this.#verdicts.clear();
      this.#reliefVersion = snapshot.reliefVersion;
    }
    const key = `${pod.fit.id}/${pod.group.id}/${message}`;
    const nodes = this.#verdicts.get(key) ?? scheduler.explain(pod).slice(0, decisions.maxNodes);
    this.#verdicts.set(key, nodes);
    return nodes;
  }
}
