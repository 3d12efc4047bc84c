import type { Readable } from 'node:stream';
import { ApiError, type ContainerStatus, type Pod } from '@gantry/api-types';
import { type LogStreamOptions, streamChannels } from '@gantry/api-types/protocol';
import type { ApiContext } from '../context.ts';
import { chooseContainer, findPod, requireNodeStreams } from './pod-streams.ts';

export interface LogRequest {
  readonly namespace: string;
  readonly podName: string;
  /** Undefined: the pod's only container, or the one that its annotation names. */
  readonly container: string | undefined;
  readonly options: Omit<LogStreamOptions, 'container'>;
  /** Ends the stream at the agent too. */
  readonly signal: AbortSignal;
}

/** pods/log: the bytes of a container's log. Everything that can be told before the first byte throws `ApiError`. */
export async function openPodLogs(api: ApiContext, request: LogRequest): Promise<Readable> {
  const pod = findPod(api, request.namespace, request.podName);
  const container = chooseContainer(pod, request.container);
  checkStarted(pod, container, request.options.previous);
  const { name, namespace = '', uid } = pod.metadata;
  const options = { ...request.options, container };
  const stream = await requireNodeStreams(api).openStream(
    pod.spec.nodeName ?? '',
    { kind: 'logs', pod: { namespace, name, uid }, options },
    request.signal,
  );
  const logs = stream.channel(streamChannels.stdout);
  // Nothing is sent to a log; ended in both directions, the channel closes by itself.
  logs.end();
  logs.once('close', () => stream.close());
  return logs;
}

/** A container that has not started has no log; why it has not is the useful answer. */
function checkStarted(pod: Pod, container: string, wantsPrevious: boolean): void {
  const { name } = pod.metadata;
  if (!pod.spec.nodeName) throw new ApiError('BadRequest', `pod ${name} does not have a host assigned`);
  const status = statusOf(pod, container);
  if (wantsPrevious) {
    if (status?.lastState?.terminated?.containerID) return;
    throw new ApiError('BadRequest', `previous terminated container "${container}" in pod "${name}" not found`);
  }
  const { running, terminated, waiting } = status?.state ?? {};
  if (running || terminated) return;
  // Between two runs the last one's log is what there is to read.
  if (status?.lastState?.terminated) return;
  const why = waitingTexts[waiting?.reason ?? ''] ?? waiting?.reason ?? 'ContainerCreating';
  throw new ApiError('BadRequest', `container "${container}" in pod "${name}" is waiting to start: ${why}`);
}

const waitingTexts: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

function statusOf(pod: Pod, container: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status;
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    (status) => status.name === container,
  );
}
