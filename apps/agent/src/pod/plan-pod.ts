import type { Pod } from '@gantry/api-types';
import { planResize } from '../resize/plan-resize.ts';
import { planContainer, planStart } from './plan-container.ts';
import { planInitContainers } from './plan-init.ts';
import { currentSandboxId, namespaceHolder, planSandbox, runningAttempt } from './plan-sandbox.ts';
import { type PlanInput, type PodStep, type WaitStep, waitUntil } from './plan-step.ts';
import { planStop } from './plan-stop.ts';
import { needsSandbox, sandboxName } from './pod-containers.ts';
import { type Attempt, type ContainerTrack, lastAttempt, type PodState } from './pod-state.ts';
import type { ResourceFacts } from './resources.ts';
import { hasSucceeded } from './restart-policy.ts';

export type { PlanInput, PodStep } from './plan-step.ts';

const lastKeptAttempts = 2;
const evicted = 'Evicted';
/** The node cannot wait for the pod's own grace period. */
const evictionGraceSeconds = 1;

/** What to do next so that the pod's containers become what its spec says. Pure: same input, same step. */
export function planPod(input: PlanInput, facts: ResourceFacts): PodStep {
  const { pod, state, now } = input;
  if (input.deadline !== undefined) return planTermination(input, input.deadline);
  if (state.ended) return state.isReleased ? { type: 'wait' } : planEnd(input);
  if (state.eviction !== undefined) {
    return { type: 'end', phase: 'Failed', reason: evicted, message: state.eviction };
  }
  if (state.unsupported !== undefined) return { type: 'wait' };
  if (state.rejected && !hasBegunOnce(pod, state)) return { type: 'end', phase: 'Failed', ...state.rejected };
  const overdue = activeDeadline(pod, state);
  if (overdue !== undefined && now >= overdue) {
    return {
      type: 'end',
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
  }
  const step = planRunning(input, facts);
  return step.type === 'wait' ? waitUntil(step.until, overdue) : step;
}

function planRunning(input: PlanInput, facts: ResourceFacts): PodStep {
  const { pod, state, now } = input;
  if (!state.isPrepared) {
    return now < state.prepareRetryAt ? { type: 'wait', until: state.prepareRetryAt } : { type: 'prepare' };
  }
  const tidy = planTidying(state);
  if (tidy) return tidy;
  if (areRegularsOver(input)) return planCompletion(input);
  const sandbox = planSandbox(input) ?? planAttachment(input);
  if (sandbox) return sandbox;
  const sandboxId = currentSandboxId(pod, state) ?? '';
  const resize = planResize(input, facts);
  if (resize.type !== 'wait') return resize;
  const ephemeral = planEphemeral(input);
  if (ephemeral.type !== 'wait') return ephemeral;
  const init = planInitContainers(input, sandboxId);
  if (init.step.type !== 'wait') return init.step;
  const regular = init.isDone ? planRegular(input, sandboxId) : waitUntil();
  return regular.type === 'wait' ? waitUntil(resize.until, ephemeral.until, init.step.until, regular.until) : regular;
}

/** The regular containers start one after another: the next once the postStart hook of the one before is done. */
function planRegular(input: PlanInput, sandboxId: string): PodStep {
  let until: number | undefined;
  let isHeld = false;
  for (const container of input.pod.spec.containers) {
    const step = planContainer(input, container, sandboxId);
    if (step.type === 'wait') until = waitUntil(until, step.until).until;
    else if (!isHeld || (step.type !== 'run' && step.type !== 'start')) return step;
    const track = input.state.tracks.get(container.name);
    const attempt = track && lastAttempt(track);
    isHeld ||= attempt?.state === 'running' && track?.hookedId !== attempt.id;
  }
  return waitUntil(until);
}

function areRegularsOver(input: PlanInput): boolean {
  return input.pod.spec.containers.every((container) => {
    const attempt = trackAttempt(input.state, container.name);
    if (attempt?.state !== 'exited') return false;
    const step = planContainer(input, container, attempt.sandboxId);
    return step.type === 'wait' && step.isOver;
  });
}

/** The pod is done when its regular containers are; sidecars stop after them. */
function planCompletion(input: PlanInput): PodStep {
  return planStop(input, { includes: ({ kind }) => kind === 'sidecar' }) ?? planSuccess(input.pod, input.state);
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
    const kept = track.kind === 'sandbox' ? 1 : lastKeptAttempts;
    if (track.attempts.length > kept && old) return { type: 'remove', container: track.name, attempt: old };
    const doubled = track.attempts.slice(0, -1).find((attempt) => attempt.state === 'running');
    if (doubled) return { type: 'remove', container: track.name, attempt: doubled };
  }
  return undefined;
}

/** A holder of the pod's network namespace that an earlier life of the agent started. */
function planAttachment({ pod, state }: PlanInput): PodStep | undefined {
  if (pod.spec.hostNetwork) return undefined;
  for (const track of state.tracks.values()) {
    if (!holdsNetwork(pod, track)) continue;
    const attempt = lastAttempt(track);
    if (attempt?.state === 'running' && track.attachedId !== attempt.id) {
      return { type: 'attach', container: track.name, attempt };
    }
  }
  return undefined;
}

/** Whether the containers of the track have the pod's network namespace as their own, and do not join it. */
export function holdsNetwork(pod: Pod, track: ContainerTrack): boolean {
  if (pod.spec.hostNetwork || track.kind === 'ephemeral') return false;
  return needsSandbox(pod) ? track.name === sandboxName : true;
}

/** Ephemeral containers start as soon as there is something to join, once, whatever the others do. */
function planEphemeral({ pod, state, now }: PlanInput): Exclude<PodStep, WaitStep> | WaitStep {
  let until: number | undefined;
  for (const { name, targetContainerName: target } of pod.spec.ephemeralContainers ?? []) {
    const track = state.tracks.get(name);
    const attempt = track && lastAttempt(track);
    if (!track || (attempt ? attempt.state !== 'created' : track.nextAttempt > 0)) continue;
    if (!namespaceHolder(pod, state) || (target && !runningAttempt(state, target))) continue;
    const retryAt = attempt && now < track.retryAt ? track.retryAt : undefined;
    const step =
      retryAt !== undefined ? waitUntil(retryAt) : attempt ? startStep(track, attempt) : planStart(track, now);
    if (step.type !== 'wait') return step;
    until = waitUntil(until, step.until).until;
  }
  return waitUntil(until);
}

function startStep(track: ContainerTrack, attempt: Attempt): PodStep {
  return { type: 'start', container: track.name, attempt };
}

function planTermination(input: PlanInput, deadline: number): PodStep {
  const { pod, state } = input;
  const stop = planStop(input, { deadline });
  if (stop) return stop;
  // The last status is that of the ended containers; after this they are removed and nothing is reported any more.
  if (!state.ended && hasBegunOnce(pod, state)) return planSuccess(pod, state);
  return planRemoval(state) ?? (state.isReleased ? { type: 'finish' } : { type: 'releaseResources' });
}

/** All containers, the one whose namespaces the others share at last. */
function planRemoval(state: PodState): PodStep | undefined {
  const tracks = [...state.tracks.values()].toSorted((a, b) => rank(a) - rank(b));
  for (const track of tracks) {
    const [attempt] = track.attempts;
    if (attempt) return { type: 'remove', container: track.name, attempt };
  }
  return undefined;
}

function rank({ kind }: ContainerTrack): number {
  return kind === 'sandbox' ? 1 : 0;
}

/** A pod that ended keeps its containers for their logs, but none of them may run. */
function planEnd(input: PlanInput): PodStep {
  const isEvicted = input.state.ended?.reason === evicted;
  const stop = planStop(input, isEvicted ? { graceSeconds: evictionGraceSeconds } : {});
  if (stop) return stop;
  const [sandbox] = input.state.tracks.get(sandboxName)?.attempts ?? [];
  return sandbox ? { type: 'remove', container: sandboxName, attempt: sandbox } : { type: 'releaseResources' };
}

function hasBegunOnce(pod: Pod, state: PodState): boolean {
  return pod.spec.containers.some((container) => trackAttempt(state, container.name) !== undefined);
}

function trackAttempt(state: PodState, container: string): Attempt | undefined {
  const track = state.tracks.get(container);
  return track && lastAttempt(track);
}

function activeDeadline(pod: Pod, state: PodState): number | undefined {
  const seconds = pod.spec.activeDeadlineSeconds;
  return seconds === undefined ? undefined : state.startTime + seconds * 1000;
}
