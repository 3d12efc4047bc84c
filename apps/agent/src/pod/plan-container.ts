import type { Container } from '@gantry/api-types';
import { hashOf } from './labels.ts';
import type { PlanInput, PodStep } from './plan-step.ts';
import { stoppingStep, stopStep } from './plan-stop.ts';
import { type Attempt, type ContainerTrack, lastAttempt } from './pod-state.ts';
import { shouldRestart } from './restart-policy.ts';

/** What to do next for one container of the pod; a wait that `isOver` says that it has ended for good. Pure. */
export function planContainer(input: PlanInput, container: Container, sandboxId: string): PodStep {
  const { pod, state, now } = input;
  const track = state.tracks.get(container.name);
  if (!track) return { type: 'wait' };
  const attempt = lastAttempt(track);
  if (!attempt) return planStart(track, now);
  switch (attempt.state) {
    case 'created':
      return now < track.retryAt
        ? { type: 'wait', until: track.retryAt }
        : { type: 'start', container: track.name, attempt };
    case 'running':
      return planRunningContainer(input, container, track, attempt);
    case 'exited':
      break;
  }
  // In namespaces made anew, init containers run again.
  const isReplaced = attempt.hash !== hashOf(container) || (track.kind === 'init' && attempt.sandboxId !== sandboxId);
  if (!isReplaced && !shouldRestart(pod, track, attempt)) return { type: 'wait', isOver: true };
  const restartAt = track.restartDelaySince + track.restartDelayMs;
  if (!isReplaced && now < restartAt) {
    return track.announcedBackOff === attempt.number
      ? { type: 'wait', until: restartAt }
      : { type: 'announceBackOff', container: track.name, attempt };
  }
  return planStart(track, now);
}

function planRunningContainer(
  input: PlanInput,
  container: Container,
  track: ContainerTrack,
  attempt: Attempt,
): PodStep {
  const { now } = input;
  const stopping = stoppingStep(track, attempt, now, undefined);
  if (stopping) return stopping;
  if (track.condemned?.attemptId === attempt.id) {
    const { message, graceSeconds } = track.condemned;
    return { type: 'stop', container: track.name, attempt, message, graceSeconds };
  }
  if (attempt.hash !== hashOf(container)) {
    const message = `Container ${container.name} definition changed, will be restarted`;
    return stopStep(input, track, attempt, { message });
  }
  return { type: 'wait' };
}

/** The next attempt, once its image is there. */
export function planStart(track: ContainerTrack, now: number): PodStep {
  if (now < track.retryAt) return { type: 'wait', until: track.retryAt };
  const { image } = track;
  switch (image.type) {
    case 'unknown':
      return { type: 'ensureImage', container: track.name };
    case 'pending':
      return { type: 'wait' };
    case 'failed':
      if (now >= image.retryAt) return { type: 'ensureImage', container: track.name };
      if (image.announceAt === undefined) return { type: 'wait', until: image.retryAt };
      return now < image.announceAt
        ? { type: 'wait', until: image.announceAt }
        : { type: 'announcePullBackOff', container: track.name };
    case 'present':
      return { type: 'run', container: track.name };
  }
}
