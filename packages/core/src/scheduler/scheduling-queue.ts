import { backoffDelayMs } from '../lib/backoff.ts';
import type { QueuePlace } from './decision.ts';
import { type PodInfo, schedulingClassOf } from './pod-info.ts';
import { PriorityHeap } from './priority-heap.ts';

/** A pod that waits for its node. Owned by the queue: read-only for others. */
export interface QueuedPod {
  readonly pod: PodInfo;
  /** How often it was taken from the queue. */
  readonly attempts: number;
}

/** The state of the cluster that a refusal was decided on (see `ClusterSnapshot`). */
export interface ClusterVersion {
  readonly sequence: number;
  readonly reliefVersion: number;
  /** Counts for pods with claims alone. */
  readonly volumesVersion?: number;
}

/** Pods that are alike for the scheduler and fit nowhere. */
export interface BlockedClass {
  readonly version: ClusterVersion;
  readonly message: string;
  /** The pods that wait, in no particular order. */
  readonly pods: Iterable<QueuedPod>;
}

interface Entry extends QueuedPod {
  pod: PodInfo;
  attempts: number;
  state: 'active' | 'taken' | 'backoff' | 'blocked';
  readonly order: number;
  readyAt: number;
  classKey: string;
  failures: number;
}

interface ClassEntry extends BlockedClass {
  version: ClusterVersion;
  message: string;
  readonly isConstrained: boolean;
  readonly hasClaims: boolean;
  readonly pods: Set<Entry>;
  readonly heap: PriorityHeap<Entry>;
}

const errorBackoff = { baseMs: 1000, maxMs: 10_000 };

/**
 * Pods without a node, each in one of four places: active (to be tried, by priority, then age), taken (being tried),
 * back-off (after an error) and blocked (fits nowhere).
 * - Blocked pods are kept by class: when the cluster changes, one pod per class is tried, and only if it finds a node is
 *   the next of its class. A thousand equal pods that fit nowhere cost one look per change.
 * - Pure: time is passed in, and the caller says what happened to a taken pod with `block`, `retry` or `delete`.
 */
export class SchedulingQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #active = new PriorityHeap<Entry>(compareEntries, (entry) => entry.state === 'active');
  readonly #backoff = new PriorityHeap<Entry>(
    (a, b) => a.readyAt - b.readyAt,
    (entry) => entry.state === 'backoff',
  );
  readonly #blocked = new Map<string, ClassEntry>();
  #nextOrder = 0;

  /** How many pods wait, those being tried included. */
  get size(): number {
    return this.#entries.size;
  }

  /** The waiting pods by what they wait for. */
  counts(): { active: number; backoff: number; unschedulable: number } {
    const counts = { active: 0, backoff: 0, unschedulable: 0 };
    for (const { state } of this.#entries.values()) {
      if (state === 'backoff') counts.backoff += 1;
      else if (state === 'blocked') counts.unschedulable += 1;
      else counts.active += 1;
    }
    return counts;
  }

  get blockedClasses(): number {
    return this.#blocked.size;
  }

  /** Adds a pod, or takes in its new state; one that waits blocked is tried again if what matters has changed. */
  put(pod: PodInfo): void {
    const known = this.#entries.get(pod.uid);
    if (!known) {
      const entry: Entry = {
        pod,
        attempts: 0,
        state: 'active',
        order: this.#nextOrder++,
        readyAt: 0,
        classKey: schedulingClassOf(pod),
        failures: 0,
      };
      this.#entries.set(pod.uid, entry);
      this.#active.push(entry);
      return;
    }
    const classKey = schedulingClassOf(pod);
    const isSame = classKey === known.classKey && pod.priority === known.pod.priority;
    known.pod = pod;
    if (isSame) return;
    if (known.state === 'blocked' || known.state === 'active') {
      this.#leaveClass(known);
      // A new entry, since the heaps must not see an item's order change.
      known.state = 'taken';
      this.#entries.delete(pod.uid);
      this.put(pod);
      return;
    }
    known.classKey = classKey;
  }

  /** Forgets a pod: bound, deleted or no longer ours. */
  delete(uid: string): void {
    const entry = this.#entries.get(uid);
    if (!entry) return;
    this.#leaveClass(entry);
    entry.state = 'taken';
    this.#entries.delete(uid);
  }

  /** Takes the next pod to try, those whose back-off is over included. */
  take(now: number): QueuedPod | undefined {
    for (let due = this.#backoff.peek(); due && due.readyAt <= now; due = this.#backoff.peek()) {
      this.#backoff.pop();
      this.#activate(due);
    }
    const entry = this.#active.pop();
    if (!entry) return undefined;
    entry.state = 'taken';
    entry.attempts++;
    return entry;
  }

  /** Where a pod stands; undefined for one that does not wait. Looks at all that wait: not for the hot path. */
  placeOf(uid: string): QueuePlace | undefined {
    const entry = this.#entries.get(uid);
    if (!entry) return undefined;
    let position = 1;
    for (const other of this.#entries.values()) if (compareEntries(other, entry) < 0) position++;
    const { state, attempts, readyAt } = entry;
    const nextTryAt = state === 'backoff' ? { nextTryAt: readyAt } : {};
    return { state, position, waiting: this.size, attempts, ...nextTryAt };
  }

  /** When the next back-off ends; undefined where none is running. */
  get nextReadyAt(): number | undefined {
    return this.#backoff.peek()?.readyAt;
  }

  /** A taken pod fits nowhere in the given state. Its class waits for a change. */
  block(uid: string, message: string, version: ClusterVersion): void {
    const entry = this.#entries.get(uid);
    if (entry?.state !== 'taken') return;
    let blocked = this.#blocked.get(entry.classKey);
    if (!blocked) {
      const { requiredAffinity, hardSpread } = entry.pod.group;
      blocked = {
        version,
        message,
        isConstrained: requiredAffinity !== undefined || hardSpread.length > 0,
        hasClaims: entry.pod.claims.length > 0,
        pods: new Set(),
        heap: new PriorityHeap(compareEntries, ({ state }) => state === 'blocked'),
      };
      this.#blocked.set(entry.classKey, blocked);
    }
    blocked.version = version;
    blocked.message = message;
    blocked.pods.add(entry);
    blocked.heap.push(entry);
    entry.state = 'blocked';
  }

  /** A taken pod failed for another reason than want of a node: it is tried again after a growing delay, 1 s to 10 s. */
  retry(uid: string, now: number): void {
    const entry = this.#entries.get(uid);
    if (entry?.state !== 'taken') return;
    entry.readyAt = now + backoffDelayMs(entry.failures++, errorBackoff);
    entry.state = 'backoff';
    this.#backoff.push(entry);
  }

  /** A taken pod has got its node: the next of its class, if any waits blocked, may be lucky too. */
  succeeded(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry) this.#probe(this.#blocked.get(entry.classKey));
  }

  /** The pod's class, if it is blocked and nothing happened since that could help it: trying again would say the same. */
  findBlocked(pod: PodInfo, version: ClusterVersion): BlockedClass | undefined {
    const blocked = this.#blocked.get(schedulingClassOf(pod));
    return blocked && !isStale(blocked, version) ? blocked : undefined;
  }

  /** Whether a class is blocked that the present state might help. */
  hasStale(version: ClusterVersion): boolean {
    for (const blocked of this.#blocked.values()) if (isStale(blocked, version)) return true;
    return false;
  }

  /** Activates the first pod of every class that the present state might help; all classes with `isForced`. */
  wake(version: ClusterVersion, isForced = false): void {
    for (const blocked of this.#blocked.values()) {
      if (isForced || isStale(blocked, version)) this.#probe(blocked);
    }
  }

  #probe(blocked: ClassEntry | undefined): void {
    // Taken out of the heap: blocked again it would be there twice, or in the heap of a class that it has left.
    const entry = blocked?.heap.pop();
    if (!entry) return;
    this.#leaveClass(entry);
    this.#activate(entry);
  }

  #activate(entry: Entry): void {
    entry.state = 'active';
    this.#active.push(entry);
  }

  #leaveClass(entry: Entry): void {
    const blocked = this.#blocked.get(entry.classKey);
    if (!blocked?.pods.delete(entry)) return;
    if (blocked.pods.size === 0) this.#blocked.delete(entry.classKey);
  }
}

/** Room only appears when a node changes or a pod leaves; affinity and spreading may be helped by any pod. */
function isStale(blocked: ClassEntry, { sequence, reliefVersion, volumesVersion }: ClusterVersion): boolean {
  if (blocked.hasClaims && blocked.version.volumesVersion !== volumesVersion) return true;
  return blocked.isConstrained
    ? blocked.version.sequence !== sequence
    : blocked.version.reliefVersion !== reliefVersion;
}

/** Higher priority first, then the older pod, then the order of arrival. */
function compareEntries(a: Entry, b: Entry): number {
  if (a.pod.priority !== b.pod.priority) return b.pod.priority - a.pod.priority;
  if (a.pod.createdAt !== b.pod.createdAt) return a.pod.createdAt < b.pod.createdAt ? -1 : 1;
  return a.order - b.order;
}
