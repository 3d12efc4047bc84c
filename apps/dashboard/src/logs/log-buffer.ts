import type { LogEntry } from './log-entry.ts';

export interface LogBufferLimits {
  readonly entries: number;
  /** All texts together. */
  readonly characters: number;
}

/** What a panel keeps: some ten megabytes at most. */
export const logLimits: LogBufferLimits = { entries: 20_000, characters: 16 * 1024 * 1024 };

/** Lines of many containers in the order of their times; the oldest go where there are too many. */
export class LogBuffer {
  readonly #limits: LogBufferLimits;
  #entries: LogEntry[] = [];
  #characters = 0;
  /** How many have gone because of the limits. */
  dropped = 0;

  constructor(limits: LogBufferLimits = logLimits) {
    this.#limits = limits;
  }

  /** Oldest first. The array is a new one after each change. */
  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Adds lines in any order; of equal times the ones that came first stay first. */
  add(added: readonly LogEntry[]): void {
    const batch = [...added].sort(byTime);
    const [first] = batch;
    if (!first) return;
    for (const { text } of batch) this.#characters += text.length;
    const kept = this.#entries;
    const place = insertionPlace(kept, first.time);
    this.#entries =
      place === kept.length ? kept.concat(batch) : [...kept.slice(0, place), ...mergeSorted(kept.slice(place), batch)];
    this.#trim();
  }

  clear(): void {
    this.#entries = [];
    this.#characters = 0;
    this.dropped = 0;
  }

  #trim(): void {
    let surplus = Math.max(0, this.#entries.length - this.#limits.entries);
    for (let i = 0; i < surplus; i++) this.#characters -= this.#entries[i]?.text.length ?? 0;
    while (this.#characters > this.#limits.characters && surplus < this.#entries.length - 1) {
      this.#characters -= this.#entries[surplus]?.text.length ?? 0;
      surplus++;
    }
    if (surplus === 0) return;
    this.#entries = this.#entries.slice(surplus);
    this.dropped += surplus;
  }
}

function byTime(a: LogEntry, b: LogEntry): number {
  return a.time < b.time ? -1 : a.time > b.time ? 1 : 0;
}

/** Behind the last entry that is not later: streams are nearly in order, so the search starts at the end. */
function insertionPlace(entries: readonly LogEntry[], time: string): number {
  let place = entries.length;
  while (place > 0 && (entries[place - 1]?.time ?? '') > time) place--;
  return place;
}

function mergeSorted(left: readonly LogEntry[], right: readonly LogEntry[]): LogEntry[] {
  const merged: LogEntry[] = [];
  let at = 0;
  for (const entry of right) {
    for (let next = left[at]; next && next.time <= entry.time; next = left[at]) {
      merged.push(next);
      at++;
    }
    merged.push(entry);
  }
  return [...merged, ...left.slice(at)];
}
