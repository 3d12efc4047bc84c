import type { FeedPod } from '@gantry/api-types/feed';
import type { LogHandlers, LogQuery } from '../api/pod-log.ts';
import { LogBuffer } from './log-buffer.ts';
import { entryTime, type LogEntry } from './log-entry.ts';
import { markersBetween, type PodsSnapshot } from './log-markers.ts';
import { runOf, type WantedLog } from './log-sources.ts';
import { LogStream, type LogStreamState } from './log-stream.ts';

/** Logs followed at the same time: each is a connection of the browser, which has some two hundred for all its pages. */
export const maxStreams = 60;
/** Lines of the past shown at first, over all streams. */
const firstLines = 2_000;
/** Changes reach the page at most this often, milliseconds. */
const publishMs = 100;

/** Sources of pods that are gone kept at most, beside those whose lines are still there. */
const keptGone = 100;

/** A container's log in the panel. Stays in the list when its pod is gone, as long as its lines do. */
export interface LogSource {
  /** What entries name it by; never used again. */
  readonly index: number;
  readonly key: string;
  readonly pod: FeedPod;
  readonly container: string;
  readonly state: LogStreamState | { readonly kind: 'gone' };
}

export interface LogSessionOptions {
  readonly isPrevious: boolean;
  readonly open: (pod: FeedPod, query: LogQuery, handlers: LogHandlers) => { stop(): void };
  /** Milliseconds since the epoch, as the cluster has it. */
  readonly now: () => number;
}

export interface WantedLogs {
  readonly logs: readonly WantedLog[];
  readonly lostNodes: ReadonlySet<string>;
}

/** The merged log of many containers: follows those that are wanted, as pods come and go, within bounds. */
export class LogSession {
  readonly #options: LogSessionOptions;
  readonly #buffer = new LogBuffer();
  readonly #streams = new Map<string, LogStream>();
  readonly #listeners = new Set<() => void>();
  #sources: LogSource[] = [];
  #nextIndex = 0;
  #pending: LogEntry[] = [];
  #seen: PodsSnapshot | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Wanted, and not followed because of {@link maxStreams}. */
  leftOut: readonly WantedLog[] = [];
  /** Grows with each change. */
  version = 0;

  constructor(options: LogSessionOptions) {
    this.#options = options;
  }

  get entries(): readonly LogEntry[] {
    return this.#buffer.entries;
  }

  get dropped(): number {
    return this.#buffer.dropped;
  }

  get sources(): readonly LogSource[] {
    return this.#sources;
  }

  /** Called after changes, at most ten times a second. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Told what is wanted now: idempotent, to be called whenever pods or nodes changed. */
  want({ logs, lostNodes }: WantedLogs): void {
    this.#mark({ pods: new Map(logs.map(({ pod }) => [pod.uid, pod])), lostNodes });
    const wanted = new Set(logs.map(({ key }) => key));
    for (const source of this.#sources) if (!wanted.has(source.key)) this.#drop(source);
    const leftOut: WantedLog[] = [];
    const tailLines = Math.max(20, Math.floor(firstLines / Math.max(1, Math.min(logs.length, maxStreams))));
    for (const log of logs) {
      const stream = this.#streams.get(log.key);
      if (stream) stream.follow(runOf(log.container));
      else if (this.#streams.size < maxStreams) this.#start(log, tailLines);
      else leftOut.push(log);
      this.#patch(log.key, { pod: log.pod });
    }
    this.#forgetGone();
    if (leftOut.length !== this.leftOut.length) this.#publishSoon();
    this.leftOut = leftOut;
  }

  clear(): void {
    this.#pending = [];
    this.#buffer.clear();
    this.#publishSoon();
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const stream of this.#streams.values()) stream.stop();
    this.#streams.clear();
    this.#listeners.clear();
  }

  #start({ key, pod, container }: WantedLog, tailLines: number): void {
    const known = this.#sources.find((source) => source.key === key);
    const index = known?.index ?? this.#nextIndex++;
    if (!known)
      this.#sources = [...this.#sources, { index, key, pod, container: container.name, state: { kind: 'connecting' } }];
    const { isPrevious, open } = this.#options;
    const options = {
      container: container.name,
      isPrevious,
      tailLines,
      open: (query: LogQuery, handlers: LogHandlers) => open(pod, query, handlers),
      onLines: (lines: readonly { time: string; text: string }[]) => {
        for (const line of lines) this.#pending.push({ ...line, source: index });
        this.#publishSoon();
      },
      onState: (state: LogStreamState) => this.#patch(key, { state }),
    };
    this.#streams.set(key, new LogStream(options, runOf(container)));
  }

  #drop(source: LogSource): void {
    this.#streams.get(source.key)?.stop();
    this.#streams.delete(source.key);
    if (source.state.kind !== 'gone') this.#patch(source.key, { state: { kind: 'gone' } });
  }

  /** An hour of churn must not make the list endless. */
  #forgetGone(): void {
    const gone = this.#sources.filter(({ state }) => state.kind === 'gone');
    if (gone.length <= keptGone) return;
    const speaking = new Set([...this.#buffer.entries, ...this.#pending].map(({ source }) => source));
    const forgotten = new Set(gone.slice(0, -keptGone).filter(({ index }) => !speaking.has(index)));
    if (forgotten.size > 0) this.#sources = this.#sources.filter((source) => !forgotten.has(source));
  }

  #mark(now: PodsSnapshot): void {
    const before = this.#seen;
    this.#seen = now;
    if (!before) return;
    const time = entryTime(this.#options.now());
    for (const { kind, text } of markersBetween(before, now))
      this.#pending.push({ time, source: -1, text, marker: kind });
    if (this.#pending.length > 0) this.#publishSoon();
  }

  #patch(key: string, change: Partial<LogSource>): void {
    const index = this.#sources.findIndex((source) => source.key === key);
    const source = this.#sources[index];
    if (!source || isSame(source, change)) return;
    this.#sources = this.#sources.with(index, { ...source, ...change });
    this.#publishSoon();
  }

  #publishSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const added = this.#pending;
      this.#pending = [];
      this.#buffer.add(added);
      this.version++;
      for (const listener of this.#listeners) listener();
    }, publishMs);
  }
}

function isSame(source: LogSource, change: Partial<LogSource>): boolean {
  if (change.pod && change.pod !== source.pod) return false;
  return change.state === undefined || JSON.stringify(change.state) === JSON.stringify(source.state);
}
