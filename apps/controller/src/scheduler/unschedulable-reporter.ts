import { isApiError, type ObjectKey, type Pod, type PodCondition } from '@gantry/api-types';
import type { ApiClient, Clock, EventRecorder, Lister, Logger } from '@gantry/core';
import { formatTime } from '@gantry/core/lib/timestamp';

export interface ReporterOptions {
  readonly client: Pick<ApiClient, 'mergePatch'>;
  readonly pods: Lister<Pod>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Why a pod has no node, as its PodScheduled condition says it. */
export interface WaitingReason {
  readonly key: ObjectKey;
  readonly uid: string;
  readonly reason: 'Unschedulable' | 'SchedulingGated';
  readonly message: string;
}

interface Report {
  wanted: WaitingReason;
  /** What was last written, and when. */
  written: { readonly message: string; readonly at: number } | undefined;
  state: 'idle' | 'due' | 'writing';
}

const maxInFlight = 16;
/** A pod's message is rewritten at most once in this time, and less often the more pods wait (100 rewrites a second). */
const minRewriteMs = 1000;
const rewritesPerMs = 0.1;

/**
 * Writes the PodScheduled=False condition and records `FailedScheduling` events. Level-triggered: it holds one wanted
 * message per waiting pod and writes the latest; a message that the pod carries already is not written again.
 */
export class UnschedulableReporter {
  readonly #options: ReporterOptions;
  readonly #reports = new Map<string, Report>();
  readonly #due: string[] = [];
  readonly #later = new Set<string>();
  readonly #writes = new Set<Promise<void>>();
  #cancelTimer: (() => void) | undefined;
  #isStopped = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Makes this the pod's reason. Returns at once. */
  report(wanted: WaitingReason): void {
    if (this.#isStopped) return;
    const report: Report = this.#reports.get(wanted.uid) ?? { wanted, written: undefined, state: 'idle' };
    report.wanted = wanted;
    this.#reports.set(wanted.uid, report);
    if (report.state !== 'idle' || report.written?.message === wanted.message) return;
    if (report.written && this.#options.clock.now() < report.written.at + this.#rewriteDelay())
      this.#postpone(wanted.uid);
    else this.#enqueue(wanted.uid, report);
  }

  /** The pod no longer waits. */
  forget(uid: string): void {
    this.#reports.delete(uid);
    this.#later.delete(uid);
  }

  /** Resolves when no write is under way; nothing is written afterwards. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#reports.clear();
    await Promise.all(this.#writes);
  }

  #rewriteDelay(): number {
    return Math.max(minRewriteMs, this.#reports.size / rewritesPerMs);
  }

  #enqueue(uid: string, report: Report): void {
    report.state = 'due';
    this.#due.push(uid);
    this.#startWrites();
  }

  #postpone(uid: string): void {
    this.#later.add(uid);
    this.#cancelTimer ??= this.#options.clock.setTimer(() => this.#enqueueLater(), minRewriteMs);
  }

  #enqueueLater(): void {
    this.#cancelTimer = undefined;
    const postponed = [...this.#later];
    this.#later.clear();
    for (const uid of postponed) {
      const report = this.#reports.get(uid);
      if (report) this.report(report.wanted);
    }
  }

  #startWrites(): void {
    while (this.#writes.size < maxInFlight) {
      const uid = this.#due.shift();
      if (uid === undefined) return;
      const report = this.#reports.get(uid);
      if (report?.state !== 'due') continue;
      const write: Promise<void> = this.#write(report).finally(() => {
        this.#writes.delete(write);
        if (!this.#isStopped) this.#startWrites();
      });
      this.#writes.add(write);
    }
  }

  async #write(report: Report): Promise<void> {
    const { wanted } = report;
    const { logger, clock, events, pods } = this.#options;
    report.state = 'writing';
    const pod = pods.get(wanted.key);
    try {
      if (pod && pod.metadata.uid === wanted.uid && !pod.spec.nodeName) {
        if (wanted.reason === 'Unschedulable') events.record(pod, failedScheduling(wanted.message));
        await this.#patch(pod, wanted);
      }
      report.written = { message: wanted.message, at: clock.now() };
    } catch (error) {
      // The pod changed or went meanwhile: what it is now decides, at the next try.
      if (!isApiError(error, 'Conflict', 'NotFound')) {
        logger.warn({ pod: wanted.key, err: error }, 'pod condition not written, trying again');
      }
      report.written = { message: '', at: clock.now() };
    }
    report.state = 'idle';
    if (this.#reports.get(wanted.uid) === report) this.report(report.wanted);
  }

  async #patch(pod: Pod, { reason, message }: WaitingReason): Promise<void> {
    const conditions = pod.status.conditions ?? [];
    const present = conditions.find((condition) => condition.type === 'PodScheduled');
    if (present?.status === 'False' && present.reason === reason && present.message === message) return;
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      lastTransitionTime:
        (present?.status === 'False' ? present.lastTransitionTime : undefined) ?? formatTime(this.#options.clock.now()),
      reason,
      message,
    };
    const others = conditions.filter(({ type }) => type !== 'PodScheduled');
    // With the resourceVersion: a late "unschedulable" must never overwrite the condition of a binding.
    await this.#options.client.mergePatch(
      'pods',
      pod.metadata.namespace,
      pod.metadata.name,
      {
        metadata: { resourceVersion: pod.metadata.resourceVersion },
        status: { conditions: [...others, condition] },
      },
      'status',
    );
  }
}

function failedScheduling(message: string): Parameters<EventRecorder['record']>[1] {
  return { type: 'Warning', reason: 'FailedScheduling', message, component: 'default-scheduler' };
}
