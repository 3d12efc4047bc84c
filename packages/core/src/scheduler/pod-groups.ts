import type { AffinityTerm, GroupClass, PodMatcher, PodSelector } from './pod-classes.ts';
import type { PodInfo } from './pod-info.ts';

/** The pods of one group class, counted by the slot of their node. */
export interface PodGroup {
  readonly group: GroupClass;
  readonly running: ReadonlyMap<number, number>;
  /** Pods being deleted: they count for affinity, but no longer for spreading. */
  readonly terminating: ReadonlyMap<number, number>;
}

/** A term that present pods hold and that selects the pod asked about. */
export interface HeldTerm {
  readonly holders: PodGroup;
  readonly term: AffinityTerm;
}

/** What present pods' affinity says about pods of one group class. */
export interface HeldTerms {
  readonly forbidding: readonly HeldTerm[];
  /** With a weight: preferred terms, and required affinity at Kubernetes' fixed weight of 1. */
  readonly preferring: readonly HeldTerm[];
}

class GroupRecord implements PodGroup {
  readonly group: GroupClass;
  readonly owner: object;
  readonly running: Map<number, number>;
  readonly terminating: Map<number, number>;

  constructor(group: GroupClass, owner: object, source?: GroupRecord) {
    this.group = group;
    this.owner = owner;
    this.running = new Map(source?.running);
    this.terminating = new Map(source?.terminating);
  }

  get isEmpty(): boolean {
    return this.running.size === 0 && this.terminating.size === 0;
  }
}

/** Indexes into the list of groups that a question has found so far; `upTo` is how much of the list it has seen. */
interface Memo<T> {
  epoch: number;
  upTo: number;
  readonly found: T[];
}

interface HeldIndex {
  readonly index: number;
  readonly term: AffinityTerm;
  readonly isForbidding: boolean;
}

/** Empty groups are swept out once there are more than this and more than half are empty. */
const sweepAbove = 256;

/**
 * All placed pods, counted per group class and node. Selectors are matched once per (selector, group), not per pod: new
 * groups are appended to a list, and each selector remembers how far it has looked.
 */
export class PodGroups {
  #owner: object;
  #records: GroupRecord[] = [];
  readonly #indexByKey = new Map<string, number>();
  #emptyCount = 0;
  #epoch = 0;
  readonly #namespaces: Map<string, Readonly<Record<string, string>>>;
  #matches = new WeakMap<PodMatcher, Memo<number>>();
  #held = new WeakMap<GroupClass, Memo<HeldIndex>>();

  constructor(source?: PodGroups) {
    this.#owner = {};
    this.#namespaces = new Map(source ? source.#namespaces : []);
    if (!source) return;
    // Both sides now share the records: neither may write them in place.
    source.#owner = {};
    this.#records = [...source.#records];
    for (const [key, index] of source.#indexByKey) this.#indexByKey.set(key, index);
    this.#emptyCount = source.#emptyCount;
  }

  /** Counts a pod on a slot (`delta` 1) or takes it away (-1). */
  count({ group, isTerminating }: PodInfo, slot: number, delta: 1 | -1): void {
    const record = this.#writable(group);
    const wasEmpty = record.isEmpty;
    const counts = isTerminating ? record.terminating : record.running;
    const count = (counts.get(slot) ?? 0) + delta;
    if (count > 0) counts.set(slot, count);
    else counts.delete(slot);
    if (wasEmpty !== record.isEmpty) this.#emptyCount += wasEmpty ? -1 : 1;
    if (this.#emptyCount > sweepAbove && this.#emptyCount > this.#records.length / 2) this.#sweep();
  }

  /** The labels of a namespace, for namespace selectors; undefined forgets it. True if that changed anything. */
  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): boolean {
    const before = this.#namespaces.get(name);
    if (before === labels || (before && labels && JSON.stringify(before) === JSON.stringify(labels))) return false;
    if (labels) this.#namespaces.set(name, labels);
    else this.#namespaces.delete(name);
    this.#epoch++;
    return true;
  }

  /** The groups whose pods the matcher selects. */
  matching(matcher: PodMatcher): readonly PodGroup[] {
    const memo = this.#advance(this.#matches, matcher, (record, index, found) => {
      if (this.matches(matcher, record.group)) found.push(index);
    });
    return memo.flatMap((index) => this.#records[index] ?? []);
  }

  /** The affinity terms of present pods that select pods of this group class. */
  heldTerms(group: GroupClass): HeldTerms {
    const memo = this.#advance(this.#held, group, (record, index, found) => {
      for (const term of record.group.requiredAntiAffinity) {
        if (this.matches(term.matcher, group)) found.push({ index, term, isForbidding: true });
      }
      for (const term of [...record.group.requiredAffinityTerms, ...record.group.preferredAffinity]) {
        if (this.matches(term.matcher, group)) found.push({ index, term, isForbidding: false });
      }
    });
    if (memo.length === 0) return nothingHeld;
    const terms = (isForbidding: boolean) =>
      memo.flatMap((held) => {
        const holders = this.#records[held.index];
        return held.isForbidding === isForbidding && holders && !holders.isEmpty ? [{ holders, term: held.term }] : [];
      });
    return { forbidding: terms(true), preferring: terms(false) };
  }

  /** Whether pods of the group are selected. */
  matches(matcher: PodMatcher, group: GroupClass): boolean {
    if (matcher.ownerUid !== undefined) return group.ownerUid === matcher.ownerUid;
    return matcher.selectors.every((selector) => this.#selects(selector, group));
  }

  #selects(selector: PodSelector, group: GroupClass): boolean {
    if (!selector.labels.matches(group.labels)) return false;
    if (selector.namespaces.includes(group.namespace)) return true;
    return selector.namespaceSelector.matches(this.#namespaces.get(group.namespace));
  }

  #advance<K extends object, T>(
    memos: WeakMap<K, Memo<T>>,
    key: K,
    look: (record: GroupRecord, index: number, found: T[]) => void,
  ): readonly T[] {
    let memo = memos.get(key);
    if (memo?.epoch !== this.#epoch) {
      memo = { epoch: this.#epoch, upTo: 0, found: [] };
      memos.set(key, memo);
    }
    for (; memo.upTo < this.#records.length; memo.upTo++) {
      const record = this.#records[memo.upTo];
      if (record) look(record, memo.upTo, memo.found);
    }
    return memo.found;
  }

  #writable(group: GroupClass): GroupRecord {
    const index = this.#indexByKey.get(group.key);
    const known = index === undefined ? undefined : this.#records[index];
    if (known?.owner === this.#owner) return known;
    const record = new GroupRecord(group, this.#owner, known);
    if (index !== undefined && known) {
      this.#records[index] = record;
    } else {
      this.#indexByKey.set(group.key, this.#records.length);
      this.#records.push(record);
      this.#emptyCount++;
    }
    return record;
  }

  #sweep(): void {
    this.#records = this.#records.filter((record) => !record.isEmpty);
    this.#indexByKey.clear();
    for (const [index, record] of this.#records.entries()) this.#indexByKey.set(record.group.key, index);
    this.#emptyCount = 0;
    this.#epoch++;
  }
}

const nothingHeld: HeldTerms = { forbidding: [], preferring: [] };
