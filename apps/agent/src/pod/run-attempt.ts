import { type ContainerSpec, isRuntimeError, messageOf } from '../runtime/container-runtime.ts';
import { MountProblem } from '../volumes/pod-volumes.ts';
import { noteEnd, noteRestart, putAttempt, toAttempt } from './attempts.ts';
import { ConfigProblem } from './config-problem.ts';
import { containerSpec } from './container-spec.ts';
import { resolveEnvironment } from './environment.ts';
import { hashOf } from './labels.ts';
import type { Attempt, ContainerTrack } from './pod-state.ts';
import { containerOf, factsOf, recordContainerEvent, type StepEnvironment } from './step-environment.ts';

const firstRetryMs = 1_000;
const maxRetryMs = 60_000;

/** Creates and starts the container's next attempt. What the pod's configuration makes impossible is noted, not thrown. */
export async function runAttempt(env: StepEnvironment, track: ContainerTrack): Promise<void> {
  await env.context.starts.run(async () => {
    // Time has passed in the queue.
    if (env.worker.deadline !== undefined || isNoLongerDesired(env)) return;
    await env.context.network.ensure();
    const spec = await buildSpec(env, track);
    if (!spec) return;
    const attempt = await createAttempt(env, track, spec);
    if (attempt?.state === 'created') await start(env, track, attempt);
  });
}

/** Starts an attempt that exists. */
export async function startAttempt(env: StepEnvironment, track: ContainerTrack, attempt: Attempt): Promise<void> {
  await env.context.starts.run(async () => {
    if (isNoLongerDesired(env)) return;
    await env.context.network.ensure();
    await start(env, track, attempt);
  });
}

function isNoLongerDesired({ context, worker }: StepEnvironment): boolean {
  const desired = context.api.pods().get(worker.uid);
  return !desired || desired.metadata.deletionTimestamp !== undefined;
}

/** Undefined where the pod's configuration does not allow it; the reason is then in the track. */
async function buildSpec(env: StepEnvironment, track: ContainerTrack): Promise<ContainerSpec | undefined> {
  const { context, worker, pod } = env;
  const container = containerOf(pod, track);
  const facts = factsOf(env);
  const imageUser = track.image.type === 'present' ? track.image.user : '';
  try {
    const variables = resolveEnvironment(container, facts, context.api);
    return containerSpec({
      identity: context.identity,
      facts,
      container,
      attempt: track.nextAttempt,
      objects: context.api,
      imageUser,
      network: context.network.networkFor(worker.uid, facts.podIp),
      mounts: await context.volumes.mountsOf(facts, container, track.nextAttempt, variables),
      cgroupParent: context.cgroups.parentOf(worker.uid),
      resourceFacts: context.resourceFacts,
    });
  } catch (error) {
    retryLater(env, track);
    if (!context.api.hasSynced && error instanceof ConfigProblem) return undefined;
    const reason = error instanceof ConfigProblem ? error.reason : 'CreateContainerConfigError';
    const text = error instanceof MountProblem ? `failed to prepare mounts: ${error.message}` : messageOf(error);
    noteProblem(env, track, reason, text);
    return undefined;
  }
}

async function createAttempt(
  env: StepEnvironment,
  track: ContainerTrack,
  spec: ContainerSpec,
): Promise<Attempt | undefined> {
  const { context, worker } = env;
  const { clock, backOff } = context;
  let id: string;
  try {
    ({ id } = await context.runtime.createContainer(spec));
  } catch (error) {
    if (isRuntimeError(error, 'conflict')) return takeOver(env, track, spec.name);
    if (isRuntimeError(error, 'noSuchImage')) {
      context.images.forget();
      track.image = { type: 'unknown' };
      return undefined;
    }
    if (!isRuntimeError(error, 'refused', 'notFound')) throw error;
    retryLater(env, track);
    noteProblem(env, track, 'CreateContainerError', messageOf(error));
    return undefined;
  }
  if (track.attempts.length > 0) noteRestart(track, clock.now(), backOff);
  const attempt: Attempt = {
    id,
    container: track.name,
    number: track.nextAttempt,
    hash: hashOf(containerOf(env.pod, track)),
    state: 'created',
    imageId: track.image.type === 'present' ? track.image.imageId : '',
    hasTty: spec.hasTty,
    startedAt: undefined,
    finishedAt: undefined,
    exitCode: 0,
    oomKilled: false,
    error: '',
    message: '',
    isLost: false,
  };
  track.waiting = undefined;
  track.retryDelayMs = 0;
  track.condemned = undefined;
  track.stopping = undefined;
  putAttempt(worker.state, attempt);
  recordContainerEvent(env, track, { type: 'Normal', reason: 'Created', message: `Created container: ${track.name}` });
  return attempt;
}

/** The attempt was created by an earlier life of this agent, or by a call whose answer was lost. */
async function takeOver(env: StepEnvironment, track: ContainerTrack, name: string): Promise<Attempt | undefined> {
  const details = await env.context.runtime.inspectContainer(name);
  const attempt = details && toAttempt(details);
  if (!attempt) {
    // The engine still holds the name of a container that is going.
    retryLater(env, track);
    return undefined;
  }
  putAttempt(env.worker.state, attempt);
  if (attempt.state === 'exited') noteEnd(track, attempt.finishedAt ?? env.context.clock.now(), env.context.backOff);
  return attempt;
}

async function start(env: StepEnvironment, track: ContainerTrack, attempt: Attempt): Promise<void> {
  const { context, worker, pod } = env;
  try {
    await context.runtime.startContainer(attempt.id);
  } catch (error) {
    if (isRuntimeError(error, 'notFound') && !/network/i.test(error.message)) return worker.suspect(attempt.id);
    if (!isRuntimeError(error, 'refused', 'notFound', 'conflict')) throw error;
    context.network.doubt();
    return noteStartFailure(env, track, attempt, messageOf(error));
  }
  await context.network.attached({ pod, ip: worker.state.ip ?? '', containerId: attempt.id, pid: 0 });
  const now = context.clock.now();
  const running: Attempt = { ...attempt, state: 'running', startedAt: now };
  putAttempt(worker.state, running);
  track.announcedBackOff = -1;
  recordContainerEvent(env, track, { type: 'Normal', reason: 'Started', message: `Started container ${track.name}` });
  context.probes.start({ worker, pod, track, attempt: running });
}

function noteStartFailure(env: StepEnvironment, track: ContainerTrack, attempt: Attempt, text: string): void {
  const { context, worker } = env;
  const now = context.clock.now();
  putAttempt(worker.state, { ...attempt, state: 'exited', error: text, exitCode: 128, finishedAt: now });
  track.image = { type: 'unknown' };
  noteEnd(track, now, context.backOff);
  const message = `Error: failed to start container "${track.name}": Error response from daemon: ${text}`;
  recordContainerEvent(env, track, { type: 'Warning', reason: 'Failed', message });
}

function noteProblem(env: StepEnvironment, track: ContainerTrack, reason: string, message: string): void {
  const isKnown = track.waiting?.reason === reason && track.waiting.message === message;
  track.waiting = { reason, message };
  if (!isKnown) recordContainerEvent(env, track, { type: 'Warning', reason: 'Failed', message: `Error: ${message}` });
}

function retryLater({ context }: StepEnvironment, track: ContainerTrack): void {
  track.retryDelayMs = Math.min(maxRetryMs, Math.max(firstRetryMs, track.retryDelayMs * 2));
  track.retryAt = context.clock.now() + track.retryDelayMs;
}
