import { defaultPullPolicy } from '../images/image-reference.ts';
import { displayIdOf, ImageProblem } from '../images/node-images.ts';
import { pullCredentials } from '../images/pull-credentials.ts';
import { toPolicyPod } from '../network/policy-pods.ts';
import { allocatedPod } from '../resize/allocation.ts';
import { allocate, resize } from '../resize/resize-steps.ts';
import { isRuntimeError, messageOf } from '../runtime/container-runtime.ts';
import { MountProblem } from '../volumes/pod-volumes.ts';
import { dropAttempt } from './attempts.ts';
import type { PodStep } from './plan-pod.ts';
import type { Attempt, ContainerTrack } from './pod-state.ts';
import { runAttempt } from './run-attempt.ts';
import { attach, startAttempt } from './start-attempt.ts';
import { containerOf, factsOf, measured, recordContainerEvent, type StepEnvironment } from './step-environment.ts';
import { kill, stop } from './stop-steps.ts';
import { podFullName } from './text.ts';

const firstMountRetryMs = 500;
const maxMountRetryMs = 122_000;
/** How long ErrImagePull is shown before it becomes ImagePullBackOff. */
const pullErrorShownMs = 2_000;

/** Carries out one step and notes its outcome in the worker's state. Throws where the engine fails. */
export async function applyStep(env: StepEnvironment, step: PodStep): Promise<void> {
  switch (step.type) {
    case 'prepare':
      return prepare(env);
    case 'attach':
      return attach(env, trackOf(env, step.container), step.attempt);
    case 'ensureImage':
      return ensureImage(env, trackOf(env, step.container));
    case 'run':
      return runAttempt(env, trackOf(env, step.container));
    case 'start':
      return startAttempt(env, trackOf(env, step.container), step.attempt);
    case 'stop':
      return stop(env, trackOf(env, step.container), step);
    case 'kill':
      return kill(env, trackOf(env, step.container), step.attempt);
    case 'remove':
      await env.context.runtime.removeContainer(step.attempt.id);
      return dropAttempt(trackOf(env, step.container), step.attempt);
    case 'allocate':
      return allocate(env);
    case 'resize':
      return resize(env);
    case 'announceBackOff':
      return announceBackOff(env, trackOf(env, step.container), step.attempt);
    case 'announcePullBackOff':
      return announcePullBackOff(env, trackOf(env, step.container));
    case 'end': {
      const { type: _, ...end } = step;
      env.worker.state.ended = end;
      return;
    }
    case 'releaseResources':
      return releaseResources(env);
    case 'finish':
    case 'wait':
      return;
  }
}

function trackOf({ worker }: StepEnvironment, container: string): ContainerTrack {
  const track = worker.state.tracks.get(container);
  if (!track) throw new Error(`no container ${container} is known`);
  return track;
}

async function prepare(env: StepEnvironment): Promise<void> {
  const { context, worker, pod } = env;
  const { state } = worker;
  try {
    state.isReleased = false;
    await measured(env, { phase: 'preparing', attempt: 0 }, async () => {
      if (pod.spec.hostNetwork) state.ip = context.hostIp;
      else await takeAddress(env);
      await context.cgroups.ensurePod(allocatedPod(pod, state.allocation));
      await context.volumes.prepare(factsOf(env));
    });
    state.isPrepared = true;
    state.prepareDelayMs = 0;
  } catch (error) {
    if (isRuntimeError(error, 'unreachable', 'timeout')) throw error;
    state.prepareDelayMs = Math.min(maxMountRetryMs, Math.max(firstMountRetryMs, state.prepareDelayMs * 2));
    state.prepareRetryAt = context.clock.now() + state.prepareDelayMs;
    // Objects that have not arrived yet are no failure of the pod.
    if (error instanceof MountProblem && !context.api.hasSynced) return;
    const event =
      error instanceof MountProblem
        ? { reason: 'FailedMount', message: error.message }
        : { reason: 'FailedCreatePodSandBox', message: `Failed to create pod sandbox: ${messageOf(error)}` };
    context.api.recordEvent({ pod, type: 'Warning', ...event });
  }
}

async function takeAddress({ context, pod, worker: { state } }: StepEnvironment): Promise<void> {
  await context.network.ensure();
  state.ip ??= context.network.allocate(state.uid);
  if (state.ip === undefined) throw new Error('no address of the pod CIDR is free');
  await context.network.prepare(pod);
  await context.policies?.ensure(toPolicyPod(pod, state.ip));
}

/** Goes on in the background: a pull may take minutes, in which the pod may be deleted. */
function ensureImage(env: StepEnvironment, track: ContainerTrack): void {
  const { context, worker, pod } = env;
  const container = containerOf(pod, track);
  const reference = container.image ?? '';
  const { candidates, missing } = pullCredentials(pod, reference, (namespace, name) =>
    context.api.secret(namespace, name),
  );
  const previous = track.image;
  track.image = { type: 'pending' };
  if (missing.length > 0 && context.api.hasSynced) reportMissingSecrets(env, missing);
  const ensured = measured(env, { phase: 'pulling', track, attempt: track.nextAttempt }, () =>
    context.images.ensure({
      reference,
      policy: container.imagePullPolicy ?? defaultPullPolicy(reference),
      credentials: candidates,
      progress: (text) => {
        if (track.image.type !== 'pending') return;
        track.image = { type: 'pending', progress: text };
        worker.kick();
      },
      event: (type, reason, message) => recordContainerEvent(env, track, { type, reason, message }),
    }),
  );
  ensured
    .then((image) => {
      track.image = { type: 'present', imageId: image.id, user: image.user, displayId: displayIdOf(image, reference) };
      track.imageDisplayId = displayIdOf(image, reference);
      track.waiting = undefined;
      track.pullDelayMs = 0;
    })
    .catch((error: unknown) => {
      track.image = previous.type === 'failed' ? { ...previous, retryAt: 0 } : { type: 'unknown' };
      if (error instanceof ImageProblem) notePullFailure(env, track, error);
      else track.retryAt = context.clock.now() + firstMountRetryMs;
    })
    .finally(() => worker.kick());
}

function reportMissingSecrets({ context, pod }: StepEnvironment, names: readonly string[]): void {
  const list = names.join(', ');
  const message = `Unable to retrieve some image pull secrets (${list}); attempting to pull the image may not succeed.`;
  context.api.recordEvent({ pod, type: 'Warning', reason: 'FailedToRetrieveImagePullSecret', message });
}

function notePullFailure(env: StepEnvironment, track: ContainerTrack, problem: ImageProblem): void {
  const { context, pod } = env;
  const { baseMs, maxMs } = context.backOff;
  const reference = containerOf(pod, track).image ?? '';
  const now = context.clock.now();
  track.pullDelayMs = Math.min(maxMs, Math.max(baseMs, track.pullDelayMs * 2));
  track.waiting = { reason: problem.reason, message: problem.message };
  if (problem.reason === 'InvalidImageName') {
    recordContainerEvent(env, track, { type: 'Warning', reason: 'InspectFailed', message: problem.message });
  }
  if (problem.reason === 'ErrImagePull') {
    const message = `Failed to pull image "${reference}": ${problem.message}`;
    recordContainerEvent(env, track, { type: 'Warning', reason: 'Failed', message });
  }
  const message = `Error: ${problem.reason}`;
  recordContainerEvent(env, track, { type: 'Warning', reason: 'Failed', message });
  const announceAt =
    problem.reason === 'ErrImagePull' ? now + Math.min(pullErrorShownMs, track.pullDelayMs / 2) : undefined;
  track.image = { type: 'failed', retryAt: now + track.pullDelayMs, announceAt, message: problem.message };
}

function announcePullBackOff(env: StepEnvironment, track: ContainerTrack): void {
  const { image } = track;
  if (image.type !== 'failed') return;
  const reference = containerOf(env.pod, track).image ?? '';
  const message = `Back-off pulling image "${reference}"`;
  track.image = { ...image, announceAt: undefined };
  track.waiting = { reason: 'ImagePullBackOff', message: `${message}: ErrImagePull: ${image.message}` };
  recordContainerEvent(env, track, { type: 'Normal', reason: 'BackOff', message });
  recordContainerEvent(env, track, { type: 'Warning', reason: 'Failed', message: 'Error: ImagePullBackOff' });
}

function announceBackOff(env: StepEnvironment, track: ContainerTrack, attempt: Attempt): void {
  track.announcedBackOff = attempt.number;
  const message = `Back-off restarting failed container ${track.name} in pod ${podFullName(env.pod)}`;
  recordContainerEvent(env, track, { type: 'Warning', reason: 'BackOff', message });
}

async function releaseResources({ context, worker }: StepEnvironment): Promise<void> {
  const { state } = worker;
  await context.volumes.remove(state.uid);
  await context.cgroups.removePod(state.uid);
  await context.network.release(state.uid);
  context.policies?.podsChanged();
  state.ip = undefined;
  state.isPrepared = false;
  state.isReleased = true;
}
