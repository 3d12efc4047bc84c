import type { Pod } from '@gantry/api-types';
import type { ContainerDetails } from '../runtime/container-runtime.ts';
import { noteRunning } from './after-start.ts';
import { dropAttempt, lostAttempt, noteEnd, putAttempt, toAttempt } from './attempts.ts';
import { sandboxName } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import { type Attempt, type ContainerTrack, lastAttempt } from './pod-state.ts';
import type { StepWorker } from './step-environment.ts';
import { terminationMessage } from './termination-message.ts';

export interface Observation {
  readonly context: PodContext;
  readonly worker: StepWorker;
  /** Undefined where only containers are left of it. */
  readonly pod: Pod | undefined;
}

/** Notes what the engine says of one of the pod's containers. */
export async function observeContainer(observation: Observation, details: ContainerDetails): Promise<void> {
  const { context, worker, pod } = observation;
  const inspected = toAttempt(details);
  if (!inspected) return;
  const known = worker.state.tracks.get(inspected.container)?.attempts.find(({ id }) => id === inspected.id);
  // Not the engine's start time where ours was reported: the two differ by a moment.
  const observed = { ...inspected, startedAt: known?.startedAt ?? inspected.startedAt };
  if (observed.state === 'exited' && known?.state !== 'exited') {
    const isSandbox = observed.container === sandboxName;
    const message = isSandbox ? '' : await terminationMessage(context, pod, observed);
    const track = putAttempt(worker.state, { ...observed, message });
    return noteAttemptEnd(observation, track, observed);
  }
  const attempt = { ...observed, message: known?.message ?? '' };
  const track = putAttempt(worker.state, attempt);
  const isNew = known?.state !== 'running' || track.hookedId !== attempt.id;
  if (attempt.state === 'running' && isNew && pod) noteRunning({ context, worker, pod }, track, attempt);
}

/** Notes that a container is gone; `isMissed` where the pod still wants it, so that this counts as its end. */
export function observeRemoval(observation: Observation, id: string, isMissed: boolean): void {
  const { context, worker } = observation;
  for (const track of worker.state.tracks.values()) {
    const attempt = track.attempts.find((candidate) => candidate.id === id);
    if (!attempt) continue;
    if (!isMissed || attempt !== lastAttempt(track)) {
      dropAttempt(track, attempt);
      continue;
    }
    const lost = lostAttempt(attempt, context.clock.now());
    putAttempt(worker.state, lost);
    if (lost !== attempt) noteAttemptEnd(observation, track, lost);
  }
}

function noteAttemptEnd({ context, worker, pod }: Observation, track: ContainerTrack, attempt: Attempt): void {
  context.probes.stop(worker.uid, track.name);
  context.hooks.cancel(attempt.id);
  track.isReady = false;
  track.isStarted = false;
  track.image = { type: 'unknown' };
  if (track.kind === 'sandbox' && pod && worker.deadline === undefined) {
    const message = 'Pod sandbox changed, it will be killed and re-created.';
    context.api.recordEvent({ pod, type: 'Normal', reason: 'SandboxChanged', message });
  }
  noteEnd(track, attempt.finishedAt ?? context.clock.now(), context.backOff);
}
