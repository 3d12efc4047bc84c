import type { Readable } from 'node:stream';
import { ApiError, type Pod } from '@gantry/api-types';
import type { Clock } from '@gantry/core';
import type { LogRequest } from '../node-api.ts';
import { type Attempt, lastAttempt, type PodState } from '../pod/pod-state.ts';
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
  const attempt = findAttempt(pod, source.state, request);
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

function findAttempt(pod: Pod, state: PodState | undefined, request: LogRequest): Attempt {
  const { container, previous } = request;
  const track = state?.tracks.get(container);
  if (!track) {
    throw new ApiError('BadRequest', `container ${container} is not valid for pod ${pod.metadata.name}`);
  }
  const last = lastAttempt(track);
  if (previous) {
    const attempt = track.attempts.at(-2);
    if (attempt) return attempt;
    const where = `"${container}" in pod "${pod.metadata.name}"`;
    throw new ApiError('BadRequest', `previous terminated container ${where} not found`);
  }
  if (last && last.state !== 'created' && last.error === '') return last;
  const reason = track.waiting?.reason ?? 'ContainerCreating';
  const where = `"${container}" in pod "${pod.metadata.name}"`;
  throw new ApiError('BadRequest', `container ${where} is waiting to start: ${reason}`);
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
