import type { Readable } from 'node:stream';
import { ApiError, type Pod } from '@gantry/api-types';
import type { Clock } from '@gantry/core';
import type { LogRequest } from '../node-api.ts';
import { containerStatus, statusId } from '../pod/container-status.ts';
import { findContainer } from '../pod/pod-containers.ts';
import type { Attempt, ContainerTrack, PodState } from '../pod/pod-state.ts';
import {
  type ContainerRuntime,
  isRuntimeError,
  messageOf,
  type RuntimeLogOptions,
} from '../runtime/container-runtime.ts';
import { LimitBytes } from './limit-bytes.ts';

export interface LogSource {
  readonly pod: Pod | undefined;
  readonly state: PodState | undefined;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
}

/** The log of one container of the pod, straight from the engine. Throws {@link ApiError} with Kubernetes' texts. */
export async function openPodLogs(source: LogSource, request: LogRequest, signal: AbortSignal): Promise<Readable> {
  const { pod, runtime } = source;
  if (!pod) throw new ApiError('NotFound', 'the pod is not on this node');
  const attempt = findAttempt(source, pod, request);
  let stream: Readable;
  try {
    stream = await runtime.openLogs(attempt.id, logOptions(source.clock, request, attempt), signal);
  } catch (error) {
    if (isRuntimeError(error, 'notFound')) throw new ApiError('NotFound', `the log of ${request.container} is gone`);
    throw new ApiError('ServiceUnavailable', `cannot read the log: ${messageOf(error)}`, undefined, { cause: error });
  }
  if (request.limitBytes === undefined) return stream;
  const limited = new LimitBytes(request.limitBytes);
  limited.once('end', () => stream.destroy());
  limited.once('close', () => stream.destroy());
  stream.once('error', (error) => limited.destroy(error));
  return stream.pipe(limited);
}

/** The run whose log is meant, by what the status says: what clients see and what they can read agree. */
function findAttempt({ state, clock }: LogSource, pod: Pod, { container, previous }: LogRequest): Attempt {
  const track = state?.tracks.get(container);
  const found = findContainer(pod, container);
  if (!state || !track || !found) {
    throw new ApiError('BadRequest', `container ${container} is not valid for pod ${pod.metadata.name}`);
  }
  const status = containerStatus({ pod, state, now: clock.now() }, found);
  const where = `"${container}" in pod "${pod.metadata.name}"`;
  const before = attemptOf(track, status.lastState?.terminated?.containerID);
  if (previous) {
    if (before) return before;
    throw new ApiError('BadRequest', `previous terminated container ${where} not found`);
  }
  const { running, terminated, waiting } = status.state ?? {};
  const current = running || terminated ? attemptOf(track, terminated?.containerID ?? status.containerID) : undefined;
  // Between two runs the last one's log is what there is to read.
  const shown = current ?? before;
  if (shown) return shown;
  const why = waiting?.reason ?? 'ContainerCreating';
  throw new ApiError('BadRequest', `container ${where} is waiting to start: ${why}`);
}

function attemptOf({ attempts }: ContainerTrack, containerId: string | undefined): Attempt | undefined {
  return attempts.find(({ id, isLost }) => !isLost && containerId === statusId(id));
}

function logOptions(clock: Clock, request: LogRequest, attempt: Attempt): RuntimeLogOptions {
  const since =
    request.sinceTime !== undefined
      ? Date.parse(request.sinceTime) / 1000
      : request.sinceSeconds !== undefined
        ? clock.now() / 1000 - request.sinceSeconds
        : undefined;
  return {
    follow: request.follow,
    timestamps: request.timestamps,
    hasTty: attempt.hasTty,
    ...(since === undefined || Number.isNaN(since) ? {} : { since }),
    ...(request.tailLines === undefined ? {} : { tailLines: request.tailLines }),
  };
}
