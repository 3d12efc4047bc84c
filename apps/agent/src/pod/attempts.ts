import type { ContainerDetails } from '../runtime/container-runtime.ts';
import { labelKeys } from './labels.ts';
import { sandboxName } from './pod-containers.ts';
import type { BackOffOptions } from './pod-context.ts';
import { type Attempt, type ContainerTrack, lastAttempt, newTrack, type PodState } from './pod-state.ts';

/** The attempt that an inspected container is; undefined where its labels do not say. */
export function toAttempt(details: ContainerDetails): Attempt | undefined {
  const container = details.labels[labelKeys.container];
  const number = Number(details.labels[labelKeys.attempt]);
  if (container === undefined || !Number.isSafeInteger(number)) return undefined;
  return {
    id: details.id,
    container,
    number,
    hash: details.labels[labelKeys.hash] ?? '',
    sandboxId: details.labels[labelKeys.sandboxId] ?? '',
    state: details.state,
    imageId: details.imageId,
    hasTty: details.hasTty,
    startedAt: details.startedAt,
    finishedAt: details.finishedAt,
    exitCode: details.exitCode,
    oomKilled: details.oomKilled,
    error: details.error,
    message: '',
    isLost: false,
  };
}

/** Puts an attempt in its place, replacing what was known of it. */
export function putAttempt(state: PodState, attempt: Attempt): ContainerTrack {
  const track =
    state.tracks.get(attempt.container) ??
    newTrack(attempt.container, attempt.container === sandboxName ? 'sandbox' : 'regular');
  state.tracks.set(attempt.container, track);
  const others = track.attempts.filter((other) => other.id !== attempt.id && other.number !== attempt.number);
  track.attempts = [...others, attempt].sort((a, b) => a.number - b.number);
  track.nextAttempt = Math.max(track.nextAttempt, attempt.number + 1);
  return track;
}

/** Takes an attempt out. One that never started does not count as a restart. */
export function dropAttempt(track: ContainerTrack, attempt: Attempt): void {
  if (attempt.state === 'created' && attempt === lastAttempt(track)) track.nextAttempt = attempt.number;
  track.attempts = track.attempts.filter((other) => other.id !== attempt.id);
}

/** The attempt of a container that somebody removed: it ended, nobody knows how. */
export function lostAttempt(attempt: Attempt, now: number): Attempt {
  if (attempt.state === 'exited') return attempt;
  return { ...attempt, state: 'exited', finishedAt: now, exitCode: 137, isLost: true };
}

/** Notes an end for the crash back-off: when the next attempt may begin. As the kubelet: the first restart is at once. */
export function noteEnd(track: ContainerTrack, finishedAt: number, options: BackOffOptions): void {
  const isRecent = track.backOffMs > 0 && finishedAt - track.backOffUpdatedAt <= options.resetMs;
  if (!isRecent) track.backOffMs = 0;
  track.restartDelayMs = track.backOffMs;
  track.restartDelaySince = finishedAt;
}

/** Notes a restart for the crash back-off. */
export function noteRestart(track: ContainerTrack, now: number, options: BackOffOptions): void {
  track.backOffMs = track.backOffMs === 0 ? options.baseMs : Math.min(options.maxMs, track.backOffMs * 2);
  track.backOffUpdatedAt = now;
}
