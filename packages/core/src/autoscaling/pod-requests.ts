import { type Container, type Pod, parseBytes, parseCpuMilli } from '@gantry/api-types';
import { MetricError } from './metric-error.ts';

/** What each pod, or its container of this name, requests of a resource: thousandths by pod uid. */
export function podRequests(
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
): ReadonlyMap<string, number> {
  return new Map(pods.map((pod) => [pod.metadata.uid, requestOf(pod, resource, container)]));
}

function requestOf(pod: Pod, resource: string, name: string | undefined): number {
  let milli = 0;
  for (const container of runningContainers(pod)) {
    if (name !== undefined && container.name !== name) continue;
    const request = container.resources?.requests?.[resource];
    if (request === undefined) {
      const where = `container ${container.name} of Pod ${pod.metadata.name}`;
      throw new MetricError(`missing request for ${resource} in ${where}`);
    }
    milli += resource === 'cpu' ? parseCpuMilli(request) : parseBytes(request) * 1000;
  }
  return milli;
}

/** Sidecars run as long as the others do, and are measured with them. */
function runningContainers({ spec }: Pod): readonly Container[] {
  return [...spec.containers, ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')];
}
