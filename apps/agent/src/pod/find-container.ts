import { ApiError, type Pod } from '@gantry/api-types';
import type { PodNetworkPlace, RunningContainer } from '../node-api.ts';
import { lastAttempt, type PodState } from './pod-state.ts';

/** The running container of that name. Throws `ApiError` NotFound, in the kubelet's words. */
export function findContainer(state: PodState | undefined, container: string): RunningContainer {
  const track = state?.tracks.get(container);
  const attempt = track && lastAttempt(track);
  if (attempt?.state === 'running') return { id: attempt.id, hasTty: attempt.hasTty };
  throw new ApiError('NotFound', `container not found ("${container}")`);
}

/** Where the ports of the pod are. Throws `ApiError` NotFound where none of its containers runs. */
export function findNetwork(pod: Pod | undefined, state: PodState | undefined): PodNetworkPlace {
  const running = [...(state?.tracks.values() ?? [])].map(lastAttempt).find((attempt) => attempt?.state === 'running');
  if (!pod || !running) throw new ApiError('NotFound', 'no container of the pod is running');
  return { ip: pod.spec.hostNetwork ? undefined : state?.ip, containerId: running.id };
}
