import type { PlanInput, PodStep, StopStep } from './plan-step.ts';
import type { Attempt, ContainerTrack, PodState } from './pod-state.ts';

const defaultGraceSeconds = 30;

export interface StopOrder {
  /** The event's text; `Stopping container <name>` where undefined. */
  readonly message?: string;
  /** By when all must have stopped; the pod's grace period from now where undefined. */
  readonly deadline?: number;
  /** How long each may take; the rest of the deadline or the pod's grace period where undefined. */
  readonly graceSeconds?: number;
  /** Which attempts; all where undefined. */
  readonly includes?: (track: ContainerTrack, attempt: Attempt) => boolean;
}

/**
 * The next thing to do so that the containers stop: first, at the same time, all but the sidecars, then these one by
 * one from the last to the first. The pause container is not stopped, but removed when nobody needs it. Undefined once
 * none of them runs. Pure.
 */
export function planStop(input: PlanInput, order: StopOrder): PodStep | undefined {
  for (const group of stopGroups(input.state)) {
    let until: number | undefined;
    for (const track of group) {
      for (const attempt of track.attempts) {
        if (attempt.state !== 'running' || order.includes?.(track, attempt) === false) continue;
        const step = stoppingStep(track, attempt, input.now, order.deadline);
        if (!step) return stopStep(input, track, attempt, order);
        if (step.type !== 'wait') return step;
        until = Math.min(until ?? Number.POSITIVE_INFINITY, step.until ?? Number.POSITIVE_INFINITY);
      }
    }
    if (until !== undefined) return { type: 'wait', until };
  }
  return undefined;
}

function stopGroups(state: PodState): ContainerTrack[][] {
  const tracks = [...state.tracks.values()];
  const sidecars = tracks.filter(({ kind }) => kind === 'sidecar').reverse();
  const others = tracks.filter(({ kind }) => kind !== 'sidecar' && kind !== 'sandbox');
  return [others, ...sidecars.map((track) => [track])];
}

/** The request to stop a running container within its pod's grace period, or until the deadline. */
export function stopStep(
  input: PlanInput,
  track: ContainerTrack,
  attempt: Attempt,
  order: Omit<StopOrder, 'includes'>,
): StopStep {
  const { pod, now } = input;
  const { message = `Stopping container ${track.name}`, deadline } = order;
  const grace = pod.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds;
  const leftSeconds = deadline === undefined ? grace : Math.max(0, Math.ceil((deadline - now) / 1000));
  const graceSeconds = order.graceSeconds ?? leftSeconds;
  const step = { type: 'stop', container: track.name, attempt, message, graceSeconds } as const;
  return deadline === undefined ? step : { ...step, deadline };
}

/**
 * What a stop that is under way needs: time, or SIGKILL. The engine kills at the end of the grace period by itself; we
 * do where it did not, or where the pod's deadline came nearer since. Undefined where none is under way.
 */
export function stoppingStep(
  track: ContainerTrack,
  attempt: Attempt,
  now: number,
  deadline: number | undefined,
): PodStep | undefined {
  const { stopping } = track;
  if (stopping?.attemptId !== attempt.id) return undefined;
  const isNearer = deadline !== undefined && deadline < (stopping.deadline ?? Number.POSITIVE_INFINITY);
  const killAt = isNearer && !stopping.isKilled ? Math.min(stopping.killAt, deadline) : stopping.killAt;
  return now < killAt ? { type: 'wait', until: killAt } : { type: 'kill', container: track.name, attempt };
}
