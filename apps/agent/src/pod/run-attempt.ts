import { allocatedPod } from '../resize/allocation.ts';
import { resourcesInForce } from '../resize/resources-in-force.ts';
import { type ContainerSpec, type CreatedContainer, isRuntimeError, messageOf } from '../runtime/container-runtime.ts';
import { pauseImageArchive } from '../sandbox/pause-image.ts';
import { sandboxSpec } from '../sandbox/sandbox-spec.ts';
import { MountProblem } from '../volumes/pod-volumes.ts';
import { noteEnd, noteRestart, putAttempt, toAttempt } from './attempts.ts';
import { blockIoOf, warnOfDiscarded } from './block-io.ts';
import { ConfigProblem } from './config-problem.ts';
import { containerSpec } from './container-spec.ts';
import { resolveEnvironment } from './environment.ts';
import { hostnameOf } from './hostname.ts';
import { labelKeys } from './labels.ts';
import { type ContainerNamespaces, namespacesOf } from './namespaces.ts';
import type { Attempt, ContainerTrack } from './pod-state.ts';
import { containerResources } from './resources.ts';
import { localSeccompProfile } from './seccomp-profile.ts';
import { isNoLongerDesired, noteProblem, retryLater, start } from './start-attempt.ts';
import { containerOf, factsOf, measured, recordContainerEvent, type StepEnvironment } from './step-environment.ts';

/** Creates and starts the container's next attempt. What the pod's configuration makes impossible is noted, not thrown. */
export async function runAttempt(env: StepEnvironment, track: ContainerTrack): Promise<void> {
  const queuedAt = env.context.clock.now();
  await env.context.starts.run(async () => {
    const { context, worker } = env;
    if (track.nextAttempt === 0) {
      context.phases.note(worker.uid, { phase: 'queueing', container: track.name, startedAt: queuedAt });
    }
    // Time has passed in the queue.
    if (env.worker.deadline !== undefined || isNoLongerDesired(env)) return;
    const namespaces = await namespacesFor(env, track);
    if (!namespaces) return;
    const isSandbox = track.kind === 'sandbox';
    const spec = isSandbox ? buildSandboxSpec(env, track, namespaces) : await buildSpec(env, track, namespaces);
    if (!spec) return;
    const attempt = await createAttempt(env, track, { spec, sandboxId: namespaces.sandboxId });
    if (attempt?.state === 'created') await start(env, track, attempt);
  });
}

/** Undefined where what it has to join has just ended. */
async function namespacesFor(env: StepEnvironment, track: ContainerTrack): Promise<ContainerNamespaces | undefined> {
  const { context, worker, pod } = env;
  if (!pod.spec.hostNetwork) await context.network.ensure();
  const own = context.network.networkFor(worker.uid, worker.state.ip ?? '');
  return namespacesOf(pod, worker.state, track, own);
}

function buildSandboxSpec(
  env: StepEnvironment,
  track: ContainerTrack,
  namespaces: ContainerNamespaces,
): ContainerSpec | undefined {
  const { context, worker, pod } = env;
  try {
    return sandboxSpec({
      identity: context.identity,
      pod,
      attempt: track.nextAttempt,
      ip: worker.state.ip ?? '',
      hostname: hostnameOf(pod, context.files.clusterDomain),
      namespaces,
      publishesHostPorts: context.network.publishesHostPorts,
      cgroupParent: context.cgroups.parentOf(worker.uid),
      lowestOomScoreAdj: context.resourceFacts.lowestOomScoreAdj,
    });
  } catch (error) {
    retryLater(env, track);
    noteProblem(env, track, 'CreatePodSandboxError', messageOf(error));
    return undefined;
  }
}

/** Undefined where the pod's configuration does not allow it; the reason is then in the track. */
async function buildSpec(
  env: StepEnvironment,
  track: ContainerTrack,
  namespaces: ContainerNamespaces,
): Promise<ContainerSpec | undefined> {
  const { context, worker, pod } = env;
  const container = containerOf(pod, track);
  const facts = factsOf(env);
  // A container that starts while the node does not grant what its spec asks for now gets what it had.
  const granted = allocatedPod(pod, worker.state.allocation);
  const grantedContainer = containerOf(granted, track);
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
      hostname: hostnameOf(pod, context.files.clusterDomain),
      namespaces,
      publishesHostPorts: context.network.publishesHostPorts,
      mounts: [
        ...(await context.files.mountsOf(pod, container, facts.podIp)),
        ...(await context.volumes.mountsOf(facts, container, track.nextAttempt, variables)),
      ],
      cgroupParent: context.cgroups.parentOf(worker.uid),
      seccompProfile: await localSeccompProfile(pod, container, context.seccompDirectory),
      resources: containerResources(granted, grantedContainer, context.resourceFacts),
      blockIo: await blockIoOf(pod, container.name, context),
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
  { spec, sandboxId }: { readonly spec: ContainerSpec; readonly sandboxId: string },
): Promise<Attempt | undefined> {
  const { context, worker } = env;
  const { clock, backOff } = context;
  let created: CreatedContainer;
  try {
    created = await measured(env, { phase: 'creating', track, attempt: track.nextAttempt }, () =>
      context.runtime.createContainer(spec),
    );
  } catch (error) {
    if (isRuntimeError(error, 'conflict')) return takeOver(env, track, spec.name);
    if (isRuntimeError(error, 'noSuchImage')) {
      if (track.kind === 'sandbox') {
        await context.runtime.loadImage(pauseImageArchive(context.architecture));
        return undefined;
      }
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
  const { id } = created;
  if (spec.blockIo) warnOfDiscarded(env, track, created.warnings);
  const attempt: Attempt = {
    id,
    container: track.name,
    number: track.nextAttempt,
    hash: spec.labels[labelKeys.hash] ?? '',
    sandboxId,
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
  track.inForce = { attemptId: id, resources: resourcesInForce(spec.resources) };
  track.waiting = undefined;
  track.retryDelayMs = 0;
  track.condemned = undefined;
  track.stopping = undefined;
  putAttempt(worker.state, attempt);
  if (track.kind !== 'sandbox') {
    recordContainerEvent(env, track, {
      type: 'Normal',
      reason: 'Created',
      message: `Created container: ${track.name}`,
    });
  }
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
  track.inForce = { attemptId: attempt.id, resources: resourcesInForce(details.resources) };
  if (attempt.state === 'exited') noteEnd(track, attempt.finishedAt ?? env.context.clock.now(), env.context.backOff);
  return attempt;
}
