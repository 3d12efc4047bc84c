import type { Pod } from '@gantry/api-types';
import type { PlanInput, PodStep } from './plan-step.ts';
import { planStop } from './plan-stop.ts';
import { mainContainerName, needsSandbox, sandboxName } from './pod-containers.ts';
import { type Attempt, lastAttempt, type PodState } from './pod-state.ts';

/**
 * The id of the container whose namespaces new containers of the pod join: empty where each has its own, undefined
 * where the pause container does not run.
 */
export function currentSandboxId(pod: Pod, state: PodState): string | undefined {
  if (!needsSandbox(pod)) return '';
  return runningAttempt(state, sandboxName)?.id;
}

/** The running container that holds the pod's namespaces; ephemeral containers join it. */
export function namespaceHolder(pod: Pod, state: PodState): Attempt | undefined {
  return runningAttempt(state, needsSandbox(pod) ? sandboxName : mainContainerName(pod));
}

/** The newest attempt of the container where it runs. */
export function runningAttempt(state: PodState, container: string): Attempt | undefined {
  const track = state.tracks.get(container);
  const attempt = track && lastAttempt(track);
  return attempt?.state === 'running' ? attempt : undefined;
}

/**
 * What to do so that the pause container runs and no container is left in the namespaces of an earlier one; undefined
 * where that holds. Pure.
 */
export function planSandbox(input: PlanInput): PodStep | undefined {
  const { pod, state, now } = input;
  if (!needsSandbox(pod)) return undefined;
  const track = state.tracks.get(sandboxName);
  if (!track) return { type: 'wait' };
  const attempt = lastAttempt(track);
  const isRunning = attempt?.state === 'running';
  const stale = planStale(input, isRunning ? attempt.id : undefined);
  if (stale || isRunning) return stale;
  if (attempt?.state === 'exited') return { type: 'remove', container: sandboxName, attempt };
  if (now < track.retryAt) return { type: 'wait', until: track.retryAt };
  if (attempt) return { type: 'start', container: sandboxName, attempt };
  if (pod.spec.restartPolicy === 'Never' && hasAttempts(state)) {
    return { type: 'end', phase: 'Failed', message: 'The pod sandbox ended, and the restart policy is Never' };
  }
  return { type: 'run', container: sandboxName };
}

/** Containers in the namespaces of a pause container that ended: they have lost their network, or soon will. */
function planStale(input: PlanInput, sandboxId: string | undefined): PodStep | undefined {
  const { state } = input;
  const isStale = (attempt: Attempt) => attempt.sandboxId !== sandboxId;
  for (const track of state.tracks.values()) {
    if (track.kind === 'sandbox') continue;
    const unstarted = track.attempts.find((attempt) => attempt.state === 'created' && isStale(attempt));
    if (unstarted) return { type: 'remove', container: track.name, attempt: unstarted };
  }
  return planStop(input, { includes: (_, attempt) => isStale(attempt) });
}

function hasAttempts(state: PodState): boolean {
  return [...state.tracks.values()].some(({ kind, attempts }) => kind !== 'sandbox' && attempts.length > 0);
}
