import type { Pod } from '@gantry/api-types';
import { type ContainerTrack, lastAttempt, newTrack, type PodState } from './pod-state.ts';
import { unsupportedFields } from './supported-fields.ts';

/**
 * Fills a pod's state, in which there may be adopted containers, with what its spec and its last reported status tell:
 * an earlier life of this agent may have run it.
 */
export function recallPod(state: PodState, pod: Pod): void {
  const status = pod.status ?? {};
  state.unsupported = unsupportedFields(pod);
  if (status.startTime !== undefined) state.startTime = Date.parse(status.startTime);
  if (status.phase === 'Succeeded' || status.phase === 'Failed') {
    state.ended = {
      phase: status.phase,
      ...(status.reason === undefined ? {} : { reason: status.reason }),
      ...(status.message === undefined ? {} : { message: status.message }),
    };
  }
  const inits = pod.spec.initContainers ?? [];
  const ordered = [...inits, ...pod.spec.containers].map((container, index) => {
    const track = state.tracks.get(container.name) ?? newTrack(container.name, false);
    return { ...track, isInit: index < inits.length };
  });
  state.tracks.clear();
  for (const track of ordered) {
    recallContainer(track, pod);
    state.tracks.set(track.name, track);
  }
}

/** What only the last reported status can tell: how often it was restarted, and whether it was ready. */
function recallContainer(track: ContainerTrack, pod: Pod): void {
  const lists = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const status = lists.find(({ name }) => name === track.name);
  if (!status) return;
  const hadContainer = status.containerID !== undefined;
  track.nextAttempt = Math.max(track.nextAttempt, status.restartCount + (hadContainer ? 1 : 0));
  track.imageDisplayId = status.imageID;
  const attempt = lastAttempt(track);
  if (attempt && status.containerID === `docker://${attempt.id}`) {
    track.isReady = status.ready;
    track.isStarted = status.started ?? false;
  }
}
