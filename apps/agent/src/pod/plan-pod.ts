import type { Container, Pod } from '@gantry/api-types';
import { hashOf } from './labels.ts';
import { type Attempt, type ContainerTrack, lastAttempt, type PodState } from './pod-state.ts';

/** The one next thing to do for a pod. */
export type PodStep =
  | { readonly type: 'prepare' }
  | { readonly type: 'ensureImage'; readonly container: string }
  /** Create the next attempt, and start it. */
  | { readonly type: 'run'; readonly container: string }
  /** Start an attempt that was created but, because we were killed in between, not started. */
  | { readonly type: 'start'; readonly container: string; readonly attempt: Attempt }
  | {
      readonly type: 'stop';
      readonly container: string;
      readonly attempt: Attempt;
      readonly message: string;
      readonly graceSeconds: number;
    }
  | { readonly type: 'kill'; readonly container: string; readonly attempt: Attempt }
  | { readonly type: 'remove'; readonly container: string; readonly attempt: Attempt }
  | { readonly type: 'announcePullBackOff'; readonly container: string }
  | { readonly type: 'announceBackOff'; readonly container: string; readonly attempt: Attempt }
  | {
      readonly type: 'end';
      readonly phase: 'Succeeded' | 'Failed';
      readonly reason?: string;
      readonly message?: string;
    }
  /** All containers are gone or ended for good: volumes, address and cgroup can go. */
  | { readonly type: 'releaseResources' }
  /** The pod is deleted and nothing of it is left. */
  | { readonly type: 'finish' }
  | { readonly type: 'wait'; readonly until?: number };

export interface PlanInput {
  readonly pod: Pod;
  readonly state: PodState;
  /** When the pod's containers have to be stopped for good: the time of SIGKILL; undefined while the pod is wanted. */
  readonly deadline: number | undefined;
  readonly now: number;
}

const lastKeptAttempts = 2;
const evicted = 'Evicted';
/** The node cannot wait for the pod's own grace period. */
const evictionGraceSeconds = 1;

/** What to do next so that the pod's containers become what its spec says. Pure: same input, same step. */
export function planPod(input: PlanInput): PodStep {
  const { pod, state, now } = input;
  if (input.deadline !== undefined) return planTermination(input, input.deadline);
  if (state.ended) return state.isReleased ? { type: 'wait' } : planEnd(input);
  if (state.eviction !== undefined) {
    return { type: 'end', phase: 'Failed', reason: evicted, message: state.eviction };
  }
  if (state.unsupported !== undefined) return { type: 'wait' };
  const overdue = activeDeadline(pod, state);
  if (overdue !== undefined && now >= overdue) {
    return {
      type: 'end',
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
  }
  const step = planRunning(input);
  return step.type === 'wait' ? waitUntil(step.until, overdue) : step;
}

function planRunning(input: PlanInput): PodStep {
  const { pod, state, now } = input;
  if (!state.isPrepared) {
    return now < state.prepareRetryAt ? { type: 'wait', until: state.prepareRetryAt } : { type: 'prepare' };
  }
  const tidy = planTidying(state);
  if (tidy) return tidy;
  const init = planInitContainers(input);
  if (init) return init;
  const steps = pod.spec.containers.map((container) => planContainer(input, container));
  const action = steps.find((step) => step.type !== 'wait');
  if (action) return action;
  if (steps.every((step) => step.type === 'wait' && step.isOver)) return planSuccess(pod, state);
  return steps.reduce<PodStep>((all, step) => (step.type === 'wait' ? waitUntil(untilOf(all), step.until) : all), {
    type: 'wait',
  });
}

function planSuccess(pod: Pod, state: PodState): PodStep {
  const failed = pod.spec.containers.some((container) => {
    const attempt = trackAttempt(state, container.name);
    return !attempt || !hasSucceeded(attempt);
  });
  return { type: 'end', phase: failed ? 'Failed' : 'Succeeded' };
}

/** Old attempts that can go, and attempts that run beside a newer one (started by somebody else). */
function planTidying(state: PodState): PodStep | undefined {
  for (const track of state.tracks.values()) {
    const [old] = track.attempts;
    if (track.attempts.length > lastKeptAttempts && old) return { type: 'remove', container: track.name, attempt: old };
    const doubled = track.attempts.slice(0, -1).find((attempt) => attempt.state === 'running');
    if (doubled) return { type: 'remove', container: track.name, attempt: doubled };
  }
  return undefined;
}

/** Undefined once all init containers are done: then the others' turn has come. */
function planInitContainers(input: PlanInput): PodStep | undefined {
  const { pod, state } = input;
  if (hasBegun(pod, state)) return undefined;
  for (const container of pod.spec.initContainers ?? []) {
    const attempt = trackAttempt(state, container.name);
    if (attempt && hasSucceeded(attempt)) continue;
    const step = planContainer(input, container);
    if (step.type === 'wait' && step.isOver) return { type: 'end', phase: 'Failed' };
    return step;
  }
  return undefined;
}

function hasBegun(pod: Pod, state: PodState): boolean {
  return pod.spec.containers.some((container) => trackAttempt(state, container.name) !== undefined);
}

type ContainerStep = Exclude<PodStep, { type: 'wait' }> | { type: 'wait'; until?: number; isOver?: boolean };

function planContainer(input: PlanInput, container: Container): ContainerStep {
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
  const isReplaced = attempt.hash !== hashOf(container);
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
): ContainerStep {
  const { pod, now } = input;
  const stopping = track.stopping?.attemptId === attempt.id ? track.stopping : undefined;
  if (stopping) return waitForStop(track, attempt, stopping.killAt, now);
  const stop = { type: 'stop', container: track.name, attempt } as const;
  if (track.condemned?.attemptId === attempt.id) {
    return { ...stop, message: track.condemned.message, graceSeconds: track.condemned.graceSeconds };
  }
  if (attempt.hash !== hashOf(container)) {
    const message = `Container ${container.name} definition changed, will be restarted`;
    return { ...stop, message, graceSeconds: pod.spec.terminationGracePeriodSeconds ?? 30 };
  }
  return { type: 'wait' };
}

function planStart(track: ContainerTrack, now: number): ContainerStep {
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

/** The engine kills at the end of the grace period by itself; we do where the period was cut short. */
function waitForStop(track: ContainerTrack, attempt: Attempt, killAt: number, now: number): ContainerStep {
  if (now < killAt) return { type: 'wait', until: killAt };
  return { type: 'kill', container: track.name, attempt };
}

function planTermination(input: PlanInput, deadline: number): PodStep {
  const { state, now } = input;
  let until: number | undefined;
  for (const track of state.tracks.values()) {
    for (const attempt of track.attempts) {
      if (attempt.state !== 'running') continue;
      const stopping = track.stopping?.attemptId === attempt.id ? track.stopping : undefined;
      if (!stopping) return stopStep(track, attempt, deadline, now);
      const killAt = stopping.isKilled ? stopping.killAt : Math.min(stopping.killAt, deadline);
      if (now >= killAt) return { type: 'kill', container: track.name, attempt };
      until = until === undefined ? killAt : Math.min(until, killAt);
    }
  }
  if (until !== undefined) return { type: 'wait', until };
  // The last status is that of the ended containers; after this they are removed and nothing is reported any more.
  if (!state.ended && hasBegun(input.pod, state)) return planSuccess(input.pod, state);
  for (const track of state.tracks.values()) {
    const [attempt] = track.attempts;
    if (attempt) return { type: 'remove', container: track.name, attempt };
  }
  return state.isReleased ? { type: 'finish' } : { type: 'releaseResources' };
}

function stopStep(track: ContainerTrack, attempt: Attempt, deadline: number, now: number): PodStep {
  const graceSeconds = Math.max(0, Math.ceil((deadline - now) / 1000));
  return { type: 'stop', container: track.name, attempt, message: `Stopping container ${track.name}`, graceSeconds };
}

/** A pod that ended keeps its containers for their logs, but none of them may run. */
function planEnd(input: PlanInput): PodStep {
  const { pod, state, now } = input;
  const isEvicted = state.ended?.reason === evicted;
  const graceSeconds = isEvicted ? evictionGraceSeconds : (pod.spec.terminationGracePeriodSeconds ?? 30);
  for (const track of state.tracks.values()) {
    for (const attempt of track.attempts) {
      if (attempt.state !== 'running') continue;
      if (track.stopping?.attemptId === attempt.id) {
        const step = waitForStop(track, attempt, track.stopping.killAt, now);
        return step.type === 'wait' ? waitUntil(step.until, undefined) : step;
      }
      return stopStep(track, attempt, now + graceSeconds * 1000, now);
    }
  }
  return { type: 'releaseResources' };
}

/** Whether the restart policy wants another attempt after this one. */
export function shouldRestart(pod: Pod, track: ContainerTrack, attempt: Attempt): boolean {
  const policy = pod.spec.restartPolicy ?? 'Always';
  if (track.isInit) return policy !== 'Never' && !hasSucceeded(attempt);
  if (policy === 'Always') return true;
  return policy === 'OnFailure' && !hasSucceeded(attempt);
}

/** The attempt ran to its end without an error. */
export function hasSucceeded(attempt: Attempt): boolean {
  return attempt.state === 'exited' && attempt.exitCode === 0 && attempt.error === '' && !attempt.isLost;
}

function trackAttempt(state: PodState, container: string): Attempt | undefined {
  const track = state.tracks.get(container);
  return track && lastAttempt(track);
}

function activeDeadline(pod: Pod, state: PodState): number | undefined {
  const seconds = pod.spec.activeDeadlineSeconds;
  return seconds === undefined ? undefined : state.startTime + seconds * 1000;
}

function untilOf(step: PodStep): number | undefined {
  return step.type === 'wait' ? step.until : undefined;
}

function waitUntil(a: number | undefined, b: number | undefined): PodStep {
  const times = [a, b].filter((time) => time !== undefined);
  return times.length === 0 ? { type: 'wait' } : { type: 'wait', until: Math.min(...times) };
}
