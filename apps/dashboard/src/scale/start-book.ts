import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import { tileState } from '../state/pod-state.ts';

/** When a pod reached each phase, by the feed: server time, milliseconds since the epoch. */
export interface PodStart {
  readonly rootUid: string;
  readonly createdAt: number;
  scheduledAt?: number;
  runningAt?: number;
  readyAt?: number;
}

export type StartPhase = 'scheduledAt' | 'runningAt' | 'readyAt';

/** Starts remembered: more than are made while anybody looks at their percentiles. */
const mostStarts = 4000;

/**
 * How fast pods start, as the page saw it happen. A pod's own status says it in whole seconds; the frames that brought the
 * changes say it to about a tenth of one. Pods that were there before the page are not in here.
 */
export class StartBook {
  readonly #starts = new Map<string, PodStart>();

  /** Call with every pod of a delta. `before` is the same pod as it was, `at` the frame's server time. */
  podChanged(pod: FeedPod, before: FeedPod | undefined, rootUid: string, node: FeedNode | undefined, at: number): void {
    const known = this.#starts.get(pod.uid) ?? (before?.uid === pod.uid ? undefined : this.#begin(pod, rootUid, at));
    if (!known || known.readyAt !== undefined) return;
    if (pod.nodeName) known.scheduledAt ??= at;
    if (pod.phase === 'Running') known.runningAt ??= at;
    if (tileState(pod, node) === 'ready') known.readyAt ??= at;
  }

  get(uid: string): PodStart | undefined {
    return this.#starts.get(uid);
  }

  podGone(uid: string): void {
    const start = this.#starts.get(uid);
    // One that never got ready says nothing about how long that takes.
    if (start && start.readyAt === undefined) this.#starts.delete(uid);
  }

  /** Starts of a workload's pods (of all where none is named), oldest first; only those made at or after `since`. */
  of(rootUid?: string, since = 0): PodStart[] {
    return [...this.#starts.values()].filter(
      (start) => (rootUid === undefined || start.rootUid === rootUid) && start.createdAt >= since,
    );
  }

  #begin(pod: FeedPod, rootUid: string, at: number): PodStart {
    const created = Date.parse(pod.createdAt);
    // The creation time is cut to its second: within that second the frame that showed the pod is nearer.
    const start: PodStart = { rootUid, createdAt: at - created < 1500 ? Math.max(created, at - 75) : created };
    this.#starts.set(pod.uid, start);
    if (this.#starts.size > mostStarts) this.#starts.delete(this.#starts.keys().next().value ?? '');
    return start;
  }
}

/** Milliseconds from creation to a phase, of those that got there, sorted. */
export function latencies(starts: readonly PodStart[], phase: StartPhase): number[] {
  return starts
    .flatMap((start) => {
      const at = start[phase];
      return at === undefined ? [] : [Math.max(0, at - start.createdAt)];
    })
    .sort((a, b) => a - b);
}

/** The value below which the part `p` (0 to 1) of sorted values lies (nearest rank); undefined for none. */
export function quantile(sorted: readonly number[], p: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
}
