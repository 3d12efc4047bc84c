import { ApiRefusal, failureWords } from '../api/refusal.ts';
import type { DrainPod } from './drain-plan.ts';

/** `asked`: not yet answered. `leaving`: the eviction was granted. `held`: a budget says no for now. `failed`: given up. */
export type DrainPodState = 'waiting' | 'asked' | 'leaving' | 'held' | 'failed';

export interface DrainPodProgress {
  readonly pod: DrainPod;
  readonly state: DrainPodState;
  /** The API's words, for `held` and `failed`. */
  readonly message?: string;
}

export interface DrainRunOptions {
  readonly pods: readonly DrainPod[];
  readonly cordon: () => Promise<void>;
  readonly evict: (pod: DrainPod) => Promise<void>;
  readonly onChange: () => void;
  /** Between two tries of what a budget holds, milliseconds. */
  readonly retryMs?: number;
}

const mostAtOnce = 6;
const defaultRetryMs = 2_000;

/**
 * A drain as `kubectl drain` does it, from the page: cordon, then evict; what a budget holds is asked for again until it
 * goes or somebody stops the drain. It ends with the page; the node stays cordoned then.
 */
export class DrainRun {
  readonly #options: DrainRunOptions;
  readonly #progress = new Map<string, DrainPodProgress>();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  isStopped = false;
  /** Why it could not begin. */
  error: string | undefined;

  constructor(options: DrainRunOptions) {
    this.#options = options;
    for (const pod of options.pods) this.#progress.set(pod.key, { pod, state: 'waiting' });
  }

  get progress(): readonly DrainPodProgress[] {
    return [...this.#progress.values()];
  }

  /** Every eviction was granted or given up. */
  get isDone(): boolean {
    return this.progress.every(({ state }) => state === 'leaving' || state === 'failed');
  }

  async start(): Promise<void> {
    try {
      await this.#options.cordon();
    } catch (failure) {
      this.error = failureWords(failure);
      this.stop();
      return;
    }
    await this.#evictAll();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.#retryTimer);
    this.#options.onChange();
  }

  async #evictAll(): Promise<void> {
    const due = this.progress.filter(({ state }) => state === 'waiting' || state === 'held').map(({ pod }) => pod);
    const work = async (): Promise<void> => {
      for (let pod = due.shift(); pod && !this.isStopped; pod = due.shift()) await this.#evict(pod);
    };
    await Promise.all(Array.from({ length: mostAtOnce }, work));
    if (this.isDone || this.isStopped) return;
    this.#retryTimer = setTimeout(() => void this.#evictAll(), this.#options.retryMs ?? defaultRetryMs);
  }

  async #evict(pod: DrainPod): Promise<void> {
    // What a budget held keeps saying so while it is asked for again.
    if (this.#progress.get(pod.key)?.state === 'waiting') this.#note({ pod, state: 'asked' });
    try {
      await this.#options.evict(pod);
      this.#note({ pod, state: 'leaving' });
    } catch (failure) {
      this.#note(failedEviction(pod, failure));
    }
  }

  #note(progress: DrainPodProgress): void {
    this.#progress.set(progress.pod.key, progress);
    this.#options.onChange();
  }
}

function failedEviction(pod: DrainPod, failure: unknown): DrainPodProgress {
  const code = failure instanceof ApiRefusal ? failure.code : 0;
  // Gone already, or another pod by now: it is not in the way any more.
  if (code === 404 || code === 409) return { pod, state: 'leaving' };
  const cause = failure instanceof ApiRefusal ? failure.causes[0]?.message : undefined;
  const message = cause ?? failureWords(failure);
  // 429: a budget says no for now; no answer: the controller may come back. Both are asked again.
  return { pod, state: code === 429 || code === 0 ? 'held' : 'failed', message };
}
