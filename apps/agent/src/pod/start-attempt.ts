import { isRuntimeError, messageOf } from '../runtime/container-runtime.ts';
import { noteRunning } from './after-start.ts';
import { dropAttempt, noteEnd, putAttempt } from './attempts.ts';
import { holdsNetwork } from './plan-pod.ts';
import type { Attempt, ContainerTrack } from './pod-state.ts';
import { measured, recordContainerEvent, type StepEnvironment } from './step-environment.ts';

const firstRetryMs = 1_000;
const maxRetryMs = 60_000;

/** Starts an attempt that exists. */
export async function startAttempt(env: StepEnvironment, track: ContainerTrack, attempt: Attempt): Promise<void> {
  await env.context.starts.run(async () => {
    if (isNoLongerDesired(env)) return;
    if (!env.pod.spec.hostNetwork) await env.context.network.ensure();
    await start(env, track, attempt);
  });
}

/** The pod was deleted while a step waited for its turn. */
export function isNoLongerDesired({ context, worker }: StepEnvironment): boolean {
  const desired = context.api.pods().get(worker.uid);
  return !desired || desired.metadata.deletionTimestamp !== undefined;
}

/** Starts an attempt and notes what came of it. */
export async function start(env: StepEnvironment, track: ContainerTrack, attempt: Attempt): Promise<void> {
  const { context, worker } = env;
  try {
    await startAndAttach(env, track, attempt);
  } catch (error) {
    if (isRuntimeError(error, 'notFound') && !/network/i.test(error.message)) return worker.suspect(attempt.id);
    if (!isRuntimeError(error, 'refused', 'notFound', 'conflict')) throw error;
    context.network.doubt();
    if (await isHolderGone(env, attempt)) {
      await context.runtime.removeContainer(attempt.id);
      return dropAttempt(track, attempt);
    }
    return noteStartFailure(env, track, attempt, messageOf(error));
  }
  const now = context.clock.now();
  const running: Attempt = { ...attempt, state: 'running', startedAt: now };
  putAttempt(worker.state, running);
  track.announcedBackOff = -1;
  if (track.kind !== 'sandbox') {
    recordContainerEvent(env, track, { type: 'Normal', reason: 'Started', message: `Started container ${track.name}` });
  }
  noteRunning(env, track, running);
}

/** The namespace that the container holds is connected while the engine starts it. */
async function startAndAttach(env: StepEnvironment, track: ContainerTrack, attempt: Attempt): Promise<void> {
  const { context, worker, pod } = env;
  const startContainer = () =>
    measured(env, { phase: 'starting', track, attempt: attempt.number }, () =>
      context.runtime.startContainer(attempt.id),
    );
  if (!holdsNetwork(pod, track)) return startContainer();
  const onConnected = (tookMs: number) => {
    if (attempt.number > 0) return;
    context.phases.note(worker.uid, { phase: 'networking', startedAt: context.clock.now() - tookMs });
  };
  const endpoint = { pod, ip: worker.state.ip ?? '', containerId: attempt.id, onConnected };
  await context.network.startConnected(endpoint, startContainer);
  track.attachedId = attempt.id;
}

/** Connects the network namespace that a running container holds for its pod. May be repeated. */
export async function attach(env: StepEnvironment, track: ContainerTrack, attempt: Attempt): Promise<void> {
  const { context, worker, pod } = env;
  if (!holdsNetwork(pod, track) || track.attachedId === attempt.id) return;
  await context.network.attached({ pod, ip: worker.state.ip ?? '', containerId: attempt.id, pid: 0 });
  track.attachedId = attempt.id;
}

/** True where a container cannot be started because the one that it joins has ended: that is not its own failure. */
async function isHolderGone({ context, worker }: StepEnvironment, attempt: Attempt): Promise<boolean> {
  if (attempt.sandboxId === '') return false;
  const holder = await context.runtime.inspectContainer(attempt.sandboxId);
  if (holder?.state === 'running') return false;
  worker.suspect(attempt.sandboxId);
  return true;
}

function noteStartFailure(env: StepEnvironment, track: ContainerTrack, attempt: Attempt, text: string): void {
  const { context, worker } = env;
  const now = context.clock.now();
  putAttempt(worker.state, { ...attempt, state: 'exited', error: text, exitCode: 128, finishedAt: now });
  track.image = { type: 'unknown' };
  noteEnd(track, now, context.backOff);
  if (track.kind === 'sandbox') {
    retryLater(env, track);
    return recordSandboxFailure(env, text);
  }
  const message = `Error: failed to start container "${track.name}": Error response from daemon: ${text}`;
  recordContainerEvent(env, track, { type: 'Warning', reason: 'Failed', message });
}

/** Notes why the next attempt cannot be made, and tells it once. */
export function noteProblem(env: StepEnvironment, track: ContainerTrack, reason: string, message: string): void {
  const isKnown = track.waiting?.reason === reason && track.waiting.message === message;
  track.waiting = { reason, message };
  if (isKnown) return;
  if (track.kind === 'sandbox') recordSandboxFailure(env, message);
  else recordContainerEvent(env, track, { type: 'Warning', reason: 'Failed', message: `Error: ${message}` });
}

/** Not before a delay, which doubles. */
export function retryLater({ context }: StepEnvironment, track: ContainerTrack): void {
  track.retryDelayMs = Math.min(maxRetryMs, Math.max(firstRetryMs, track.retryDelayMs * 2));
  track.retryAt = context.clock.now() + track.retryDelayMs;
}

function recordSandboxFailure({ context, pod }: StepEnvironment, text: string): void {
  const message = `Failed to create pod sandbox: ${text}`;
  context.api.recordEvent({ pod, type: 'Warning', reason: 'FailedCreatePodSandBox', message });
}
