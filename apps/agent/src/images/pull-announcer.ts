import type { PullProgress } from '../runtime/pull-meter.ts';

export interface PullAnnouncements {
  /** What the pod's status shows. */
  readonly status?: string;
  /** What an event shows. */
  readonly event?: string;
}

const statusEveryMs = 2_000;
const firstEventMs = 5_000;
const mebibyte = 1024 * 1024;

/**
 * Decides when the progress of a pull is told: in the pod's status every two seconds, in events after 5, 10, 20, 40 …
 * seconds, because the recorder lets through few events about one object.
 */
export class PullAnnouncer {
  readonly #reference: string;
  #statusAt: number;
  #eventAt: number;
  #eventDelayMs = firstEventMs;
  #lastText = '';

  constructor(reference: string, startedAt: number) {
    this.#reference = reference;
    this.#statusAt = startedAt + statusEveryMs;
    this.#eventAt = startedAt + firstEventMs;
  }

  announce(progress: PullProgress, now: number): PullAnnouncements {
    if (now < this.#statusAt) return {};
    const text = `Pulling image "${this.#reference}": ${formatProgress(progress)}`;
    this.#statusAt = now + statusEveryMs;
    if (text === this.#lastText) return {};
    this.#lastText = text;
    if (now < this.#eventAt) return { status: text };
    this.#eventDelayMs *= 2;
    this.#eventAt = now + this.#eventDelayMs;
    return { status: text, event: text };
  }
}

/** `12.3 of 40.0 MiB, 2 of 5 layers`. */
export function formatProgress({ layers, layersDone, bytes, totalBytes }: PullProgress): string {
  const mib = (count: number) => (count / mebibyte).toFixed(1);
  const layerText = `${layersDone} of ${layers} layer${layers === 1 ? '' : 's'}`;
  return totalBytes > 0 ? `${mib(bytes)} of ${mib(totalBytes)} MiB, ${layerText}` : layerText;
}
