import type { ContainerStatus, Pod } from '@gantry/api-types';
import { recallAllocation } from '../resize/allocation.ts';
import { type AdmissionFacts, refusalOf } from './admit-pod.ts';
import { containersOf, needsSandbox, sandboxName } from './pod-containers.ts';
import { type ContainerTrack, lastAttempt, newTrack, type PodState } from './pod-state.ts';
import { unsupportedFields } from './supported-fields.ts';

/**
 * Fills a pod's state, in which there may be adopted containers, with what its spec and its last reported status tell:
 * an earlier life of this agent may have run it.
 */
export function recallPod(state: PodState, pod: Pod, admission: AdmissionFacts): void {
  const status = pod.status ?? {};
  state.unsupported = unsupportedFields(pod, admission.hugePageSizes);
  state.rejected = refusalOf(pod, admission);
  state.allocation = recallAllocation(pod);
  const isUnderWay = status.conditions?.some(({ type }) => type === 'PodResizeInProgress') ?? false;
  state.resize = { isUnderWay };
  if (status.startTime !== undefined) state.startTime = Date.parse(status.startTime);
  if (status.phase === 'Succeeded' || status.phase === 'Failed') {
    state.ended = {
      phase: status.phase,
      ...(status.reason === undefined ? {} : { reason: status.reason }),
      ...(status.message === undefined ? {} : { message: status.message }),
    };
  }
  const tracks = containersOf(pod).map(({ kind, container }) => ({
    ...(state.tracks.get(container.name) ?? newTrack(container.name, kind)),
    kind,
  }));
  const sandbox = state.tracks.get(sandboxName);
  state.tracks.clear();
  // One that was found although the spec needs none is there to be removed with the pod.
  if (sandbox || needsSandbox(pod)) state.tracks.set(sandboxName, sandbox ?? newTrack(sandboxName, 'sandbox'));
  for (const track of tracks) {
    recallContainer(track, pod);
    state.tracks.set(track.name, track);
  }
}

/** Ephemeral containers are added to a pod that runs. */
export function noteNewContainers(state: PodState, pod: Pod): void {
  for (const { name } of pod.spec.ephemeralContainers ?? []) {
    if (!state.tracks.has(name)) state.tracks.set(name, newTrack(name, 'ephemeral'));
  }
}

/**
 * What only the last reported status can tell: how often it was restarted, whether it had started and was ready, and
 * when, by the clock that told it first.
 */
function recallContainer(track: ContainerTrack, pod: Pod): void {
  const status = reportedStatus(pod, track.name);
  if (!status) return;
  const hadContainer = status.containerID !== undefined;
  track.nextAttempt = Math.max(track.nextAttempt, status.restartCount + (hadContainer ? 1 : 0));
  track.imageDisplayId = status.imageID;
  const attempt = lastAttempt(track);
  if (attempt && status.containerID === `docker://${attempt.id}`) {
    track.isReady = status.ready;
    track.isStarted = status.started ?? false;
    // It is shown as running only once its postStart hook is done.
    if (status.state?.running) track.hookedId = attempt.id;
    const { startedAt } = status.state?.running ?? status.state?.terminated ?? {};
    if (startedAt && attempt.startedAt !== undefined) {
      track.attempts = track.attempts.with(-1, { ...attempt, startedAt: Date.parse(startedAt) });
    }
  }
}

/** What was last reported of the container. */
export function reportedStatus({ status = {} }: Pod, name: string): ContainerStatus | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status;
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
    (candidate) => candidate.name === name,
  );
}
