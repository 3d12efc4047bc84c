import type { ContainerState, ContainerStatus, Pod } from '@gantry/api-types';
import { shownResources } from '../resize/resources-in-force.ts';
import type { PodContainer } from './pod-containers.ts';
import { type Attempt, type ContainerTrack, lastAttempt, newTrack, type PodState } from './pod-state.ts';
import { reportedStatus } from './recall-pod.ts';
import { hasSucceeded, shouldRestart } from './restart-policy.ts';
import { formatTime, podFullName } from './text.ts';

const lostMessage = 'The container could not be located: it was removed from the engine';

export interface StatusInput {
  readonly pod: Pod;
  readonly state: PodState;
  readonly now: number;
}

/** The status of one container as the kubelet would write it. Pure. */
export function containerStatus(input: StatusInput, { kind, container }: PodContainer): ContainerStatus {
  const { state } = input;
  const track = state.tracks.get(container.name) ?? newTrack(container.name, kind);
  const gone = kind === 'ephemeral' ? goneStatus(input, track) : undefined;
  if (gone) return gone;
  const attempt = lastAttempt(track);
  const previous = track.attempts.at(-2);
  const isRunning = attempt?.state === 'running' && track.hookedId === attempt.id;
  const current = currentState(input, track);
  const lastState = current.waiting && attempt?.state === 'exited' ? attempt : previous;
  return {
    name: container.name,
    state: current,
    lastState: lastState?.state === 'exited' ? { terminated: terminated(lastState) } : {},
    ready: kind === 'init' ? attempt !== undefined && hasSucceeded(attempt) : isRunning && track.isReady,
    restartCount: restartCount(track),
    image: container.image ?? '',
    imageID: attempt || track.image.type === 'present' ? track.imageDisplayId : '',
    ...(attempt && !attempt.isLost ? { containerID: statusId(attempt.id) } : {}),
    ...resourcesShown(input, track, container),
    started: isRunning && (kind === 'init' || kind === 'ephemeral' || track.isStarted),
  };
}

/** What the node granted a running container, and what is in force. */
function resourcesShown(
  { state }: StatusInput,
  track: ContainerTrack,
  container: PodContainer['container'],
): Pick<ContainerStatus, 'allocatedResources' | 'resources'> {
  const attempt = lastAttempt(track);
  const granted = state.allocation.get(container.name);
  const found = [track.observedResources, track.inForce].find((item) => item?.attemptId === attempt?.id);
  if (attempt?.state !== 'running' || !granted || !found) return {};
  const resources = shownResources(container, granted, found.resources);
  if (Object.keys(resources).length === 0) return {};
  return { ...(granted.requests ? { allocatedResources: granted.requests } : {}), resources };
}

/** An ephemeral container that is gone from the engine does not run again: its last status stays, as far as it can. */
function goneStatus({ pod }: StatusInput, track: ContainerTrack): ContainerStatus | undefined {
  const reported = reportedStatus(pod, track.name);
  if (track.attempts.length > 0 || reported?.containerID === undefined) return undefined;
  if (!reported.state?.running) return reported;
  const { startedAt = formatTime(undefined) } = reported.state.running;
  const lost = { exitCode: 137, reason: 'ContainerStatusUnknown', message: lostMessage };
  return { ...reported, started: false, state: { terminated: { ...lost, startedAt, finishedAt: startedAt } } };
}

function restartCount(track: ContainerTrack): number {
  const attempt = lastAttempt(track);
  return attempt ? attempt.number : Math.max(0, track.nextAttempt - 1);
}

function currentState(input: StatusInput, track: ContainerTrack): ContainerState {
  const { pod, state } = input;
  const attempt = lastAttempt(track);
  if (state.unsupported !== undefined) return waiting('UnsupportedField', state.unsupported);
  if (attempt?.state === 'running' && track.hookedId === attempt.id)
    return { running: { startedAt: formatTime(attempt.startedAt) } };
  if (attempt?.state === 'exited') {
    const isOver = state.ended !== undefined || !shouldRestart(pod, track, attempt);
    if (isOver) return { terminated: terminated(attempt) };
    if (track.waiting) return { waiting: track.waiting };
    if (isBackingOff(input, track)) return waiting('CrashLoopBackOff', backOffMessage(pod, track));
    return { terminated: terminated(attempt) };
  }
  if (track.waiting) return { waiting: track.waiting };
  const hasInitContainers = (pod.spec.initContainers ?? []).length > 0;
  const reason = hasInitContainers ? 'PodInitializing' : 'ContainerCreating';
  const progress = track.image.type === 'pending' ? track.image.progress : undefined;
  return { waiting: { reason, ...(progress === undefined ? {} : { message: progress }) } };
}

function isBackingOff(input: StatusInput, track: ContainerTrack): boolean {
  return input.now < track.restartDelaySince + track.restartDelayMs;
}

function waiting(reason: string, message: string): ContainerState {
  return { waiting: { reason, message } };
}

/** `back-off 10s restarting failed container=c pod=p_ns(uid)`, as Kubernetes puts it. */
function backOffMessage(pod: Pod, track: ContainerTrack): string {
  return `back-off ${goDuration(track.restartDelayMs)} restarting failed container=${track.name} pod=${podFullName(pod)}`;
}

/** Go's way to print a duration of whole milliseconds: `10s`, `1m20s`, `5m0s`. */
function goDuration(ms: number): string {
  const seconds = ms / 1000;
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes}m${seconds - minutes * 60}s` : `${seconds}s`;
}

function terminated(attempt: Attempt): NonNullable<ContainerState['terminated']> {
  if (attempt.isLost) {
    return {
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: lostMessage,
      startedAt: formatTime(attempt.startedAt),
      finishedAt: formatTime(attempt.finishedAt),
    };
  }
  return {
    exitCode: attempt.error === '' ? attempt.exitCode : 128,
    reason: terminationReason(attempt),
    ...(attempt.error || attempt.message ? { message: attempt.error || attempt.message } : {}),
    startedAt: formatTime(attempt.error === '' ? attempt.startedAt : undefined),
    finishedAt: formatTime(attempt.finishedAt),
    containerID: statusId(attempt.id),
  };
}

function terminationReason(attempt: Attempt): string {
  if (attempt.error !== '') return 'StartError';
  if (attempt.oomKilled) return 'OOMKilled';
  return attempt.exitCode === 0 ? 'Completed' : 'Error';
}

/** How a status names a container of the engine. */
export function statusId(id: string): string {
  return `docker://${id}`;
}
