import type { Container, Pod } from '@gantry/api-types';
import { parseCpuMilli } from '@gantry/api-types/quantity';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const resources = ['cpu', 'memory'] as const;

/** The pod's quality of service class, from the cpu and memory of all its containers. */
export function qosClassOf(pod: Pod): QosClass {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  if (!containers.some(hasAnyResource)) return 'BestEffort';
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function hasAnyResource(container: Container): boolean {
  return resources.some((name) => amount(container, 'requests', name) > 0 || amount(container, 'limits', name) > 0);
}

function isGuaranteed(container: Container): boolean {
  return resources.every((name) => {
    const limit = amount(container, 'limits', name);
    const request = container.resources?.requests?.[name] === undefined ? limit : amount(container, 'requests', name);
    return limit > 0 && request === limit;
  });
}

function amount(container: Container, list: 'requests' | 'limits', name: string): number {
  const text = container.resources?.[list]?.[name];
  return text === undefined ? 0 : parseCpuMilli(text);
}
