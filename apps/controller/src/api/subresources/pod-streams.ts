import { ApiError, objectKey, type Pod } from '@gantry/api-types';
import type { PodReference } from '@gantry/api-types/protocol';
import type { NodeStreams } from '../../sessions/node-streams.ts';
import type { ApiContext } from '../context.ts';
import { notFound } from '../failures.ts';

/** Where streams to nodes are opened. Throws `ApiError` while the controller is starting. */
export function requireNodeStreams(api: ApiContext): NodeStreams {
  const streams = api.nodeStreams();
  if (streams) return streams;
  const message = 'the controller has no agent sessions yet: try again';
  throw new ApiError('ServiceUnavailable', message, { retryAfterSeconds: 1 });
}

/** A pod that streams may be opened to. */
export interface PodTarget {
  readonly nodeName: string;
  readonly pod: PodReference;
  readonly container: string;
}

/** The pod of a stream's request and its container. Throws 404 and 400 in Kubernetes' words. */
export function findPodTarget(
  api: ApiContext,
  request: { readonly namespace: string; readonly name: string; readonly container: string | undefined },
): PodTarget {
  const pod = findPod(api, request.namespace, request.name);
  const container = chooseContainer(pod, request.container);
  return { ...placeOf(pod), container };
}

/** As {@link findPodTarget}, for what concerns the pod as a whole: it must be running. */
export function findRunningPod(api: ApiContext, namespace: string, name: string): PodTarget {
  const pod = findPod(api, namespace, name);
  const place = placeOf(pod);
  const { phase = 'Unknown' } = pod.status;
  if (phase === 'Running') return { ...place, container: '' };
  throw new ApiError('BadRequest', `unable to forward port because pod is not running. Current status=${phase}`);
}

/** The pod itself. Throws 404. */
export function findPod(api: ApiContext, namespace: string, name: string): Pod {
  const found = api.objects.get('pods', objectKey(namespace, name));
  if (!found) throw notFound(api.registry.byResource('pods'), name);
  return found.object as Pod;
}

function placeOf(pod: Pod): Omit<PodTarget, 'container'> {
  const { name, namespace = '', uid } = pod.metadata;
  const { nodeName } = pod.spec;
  if (!nodeName) throw new ApiError('BadRequest', `pod ${name} does not have a host assigned`);
  return { nodeName, pod: { namespace, name, uid } };
}

/** The container that was asked for, or the pod's only one. Throws 400 in Kubernetes' words. */
export function chooseContainer(pod: Pod, asked: string | undefined): string {
  const { name } = pod.metadata;
  const containers = pod.spec.containers.map((container) => container.name);
  const inits = (pod.spec.initContainers ?? []).map((container) => container.name);
  const all = [...containers, ...inits, ...(pod.spec.ephemeralContainers ?? []).map((container) => container.name)];
  if (asked) {
    if (all.includes(asked)) return asked;
    throw new ApiError('BadRequest', `container ${asked} is not valid for pod ${name}`);
  }
  const [only] = containers;
  if (containers.length === 1 && only !== undefined) return only;
  const initText = inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : '';
  throw new ApiError(
    'BadRequest',
    `a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]${initText}`,
  );
}
