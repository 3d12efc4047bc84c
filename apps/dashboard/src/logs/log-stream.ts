import type { LogHandlers, LogQuery } from '../api/pod-log.ts';
import type { ApiRefusal } from '../api/refusal.ts';
import { parseLogLine } from './log-entry.ts';

export type LogStreamState =
  | { readonly kind: 'connecting' | 'following' }
  /** The run is over; the next one is followed as soon as there is one. */
  | { readonly kind: 'ended' }
  /** It cannot be had now; tried again. */
  | { readonly kind: 'waiting'; readonly why: string };

/** What the page knows of a container's present run. */
export interface ContainerRun {
  /** Differs between runs, and between what becomes of one. */
  readonly id: string;
  readonly isOver: boolean;
  /** It has not begun, and why: there is no log to ask for, the API would refuse. */
  readonly waitsFor?: string;
}

export interface TimedLine {
  readonly time: string;
  readonly text: string;
}

export interface LogStreamOptions {
  readonly container: string;
  readonly isPrevious: boolean;
  readonly tailLines: number;
  readonly open: (query: LogQuery, handlers: LogHandlers) => { stop(): void };
  readonly onLines: (lines: readonly TimedLine[]) => void;
  readonly onState: (state: LogStreamState) => void;
}

const firstRetryMs = 500;
const longestRetryMs = 10_000;

/**
 * Follows one container over lost connections and restarts: goes on from the time of the last line, and leaves out what
 * it has delivered already.
 */
export class LogStream {
  readonly #options: LogStreamOptions;
  #connection: { stop(): void } | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #retryMs = firstRetryMs;
  #run: ContainerRun;
  #partial = '';
  #isStopped = false;
  /** The time of the last line, and how many lines had it. */
  #last: { readonly time: string; count: number } | undefined;

  constructor(options: LogStreamOptions, run: ContainerRun) {
    this.#options = options;
    this.#run = run;
    this.#begin();
  }

  /** Told what is known of the container: a new run is followed at once, and a run that is over not asked for again. */
  follow(run: ContainerRun): void {
    const isSame = run.id === this.#run.id && run.waitsFor === this.#run.waitsFor;
    this.#run = run;
    if (isSame || this.#connection || this.#isStopped) return;
    this.#retryMs = firstRetryMs;
    this.#begin();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    this.#connection?.stop();
  }

  #begin(): void {
    const { waitsFor } = this.#run;
    if (waitsFor === undefined || this.#options.isPrevious) this.#connect();
    else this.#options.onState({ kind: 'waiting', why: waitsFor });
  }

  #connect(): void {
    clearTimeout(this.#retry);
    const { container, isPrevious, tailLines } = this.#options;
    const range = this.#last ? { sinceTime: this.#last.time } : { tailLines };
    const isNew = this.#skipDelivered();
    this.#partial = '';
    this.#options.onState({ kind: 'connecting' });
    this.#connection = this.#options.open(
      { container, ...(isPrevious ? { isPrevious } : {}), ...range },
      {
        onOpen: () => this.#options.onState({ kind: 'following' }),
        onText: (text) => {
          this.#retryMs = firstRetryMs;
          this.#take(text, isNew);
        },
        onEnd: () => this.#end(isNew),
        onFailure: (refusal) => this.#fail(refusal),
      },
    );
  }

  #take(text: string, isNew: (line: TimedLine) => boolean): void {
    const parts = (this.#partial + text).split('\n');
    this.#partial = parts.pop() ?? '';
    this.#deliver(parts, isNew);
  }

  #deliver(texts: readonly string[], isNew: (line: TimedLine) => boolean): void {
    const lines: TimedLine[] = [];
    for (const text of texts) {
      const line = parseLogLine(text, this.#last?.time ?? '');
      if (!isNew(line)) continue;
      lines.push(line);
      if (this.#last?.time === line.time) this.#last.count++;
      else this.#last = { time: line.time, count: 1 };
    }
    if (lines.length > 0) this.#options.onLines(lines);
  }

  /** Says of the lines of a new connection which are new: it begins with some that came before, in the same order. */
  #skipDelivered(): (line: TimedLine) => boolean {
    const last = this.#last && { ...this.#last };
    let isPast = last === undefined;
    let seen = 0;
    return (line) => {
      if (isPast || !last) return true;
      if (line.time < last.time) return false;
      if (line.time === last.time && seen++ < last.count) return false;
      isPast = true;
      return true;
    };
  }

  #end(isNew: (line: TimedLine) => boolean): void {
    this.#connection = undefined;
    if (this.#partial !== '') this.#deliver([this.#partial], isNew);
    this.#options.onState({ kind: 'ended' });
    // The run may also have ended in the connection only, or its successor begun before the page was told.
    if (!this.#options.isPrevious) this.#retryLater();
  }

  #fail(refusal: ApiRefusal): void {
    this.#connection = undefined;
    this.#options.onState({ kind: 'waiting', why: refusal.message });
    if (!this.#options.isPrevious) this.#retryLater();
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => this.#run.isOver || this.#begin(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
  }
}
